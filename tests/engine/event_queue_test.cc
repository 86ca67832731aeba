// Goal: events are numbered in the order of handing over except where an
// entity's versions ask otherwise, tickets tell what is numbered, room is kept
// for work that ends, and no wake-up is lost.
// Method: small cases with hand-made versions; eight threads that hand over
// swapped versions while readers compete.

#include "lib/engine/event_queue.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/mutex.h"
#include "lib/base/random.h"

namespace relais {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Event ContactEvent(std::uint32_t slot, std::uint64_t version,
                   EventType type = EventType::kContactSubmitted) {
  Event event;
  event.type = type;
  event.contact = {slot, 1'000 + std::uint64_t{slot}};
  event.contact_version = version;
  return event;
}

Event WithAgent(Event event, std::uint32_t slot, std::uint64_t version) {
  event.agent = {slot, 1};
  event.agent_version = version;
  return event;
}

// A queue whose events are told apart by the order of pushing, at_ms.
struct Harness {
  explicit Harness(std::uint32_t capacity = 64) : queue(capacity) {}

  EventQueue::Pushed Push(Event event) {
    EXPECT_TRUE(queue.Reserve(1, EventPurpose::kExisting));
    event.at_ms = ++pushed;
    return queue.Push(event);
  }
  // Positions of pushing, in the order of numbering.
  std::vector<InstantMs> Drain() {
    std::vector<InstantMs> order;
    const std::size_t count =
        queue.Drain([&](const Event& event, const EventDetail&) {
          EXPECT_EQ(event.sequence, ++sequence);
          EXPECT_EQ(queue.LastSequence(), sequence);
          order.push_back(event.at_ms);
        });
    EXPECT_EQ(count, order.size());
    return order;
  }

  EventQueue queue;
  InstantMs pushed = 0;
  std::uint64_t sequence = 0;
};

TEST(EventQueue, NumbersInTheOrderOfHandingOver) {
  Harness h;
  EXPECT_THAT(h.Drain(), IsEmpty());
  const auto first = h.Push(ContactEvent(1, 1));
  const auto second = h.Push(ContactEvent(2, 1));
  const auto third = h.Push(WithAgent(ContactEvent(1, 2), 7, 1));
  EXPECT_TRUE(first.was_empty);
  EXPECT_FALSE(second.was_empty);
  EXPECT_EQ(first.ticket.value, 1u);
  EXPECT_EQ(third.ticket.value, 3u);
  EXPECT_EQ(h.queue.Committed().value, 0u);
  EXPECT_THAT(h.Drain(), ElementsAre(1, 2, 3));
  EXPECT_EQ(h.queue.Committed(), third.ticket);
  EXPECT_TRUE(h.Push(ContactEvent(3, 1)).was_empty) << "taken meanwhile";
  EXPECT_THAT(h.Drain(), ElementsAre(4));
  EXPECT_TRUE(h.queue.Idle());
}

TEST(EventQueue, TheContentArrivesUnchanged) {
  Harness h;
  Event event =
      WithAgent(ContactEvent(1, 1, EventType::kReservationCreated), 2, 1);
  event.contact_id.Assign("contact");
  event.agent_id.Assign("agent");
  event.rank_key_ms = -5;
  event.sequence = 99;
  h.Push(event);
  h.queue.Drain([](const Event& got, const EventDetail&) {
    EXPECT_EQ(got.sequence, 1u);
    EXPECT_EQ(got.type, EventType::kReservationCreated);
    EXPECT_EQ(got.contact_id.view(), "contact");
    EXPECT_EQ(got.agent_id.view(), "agent");
    EXPECT_EQ(got.rank_key_ms, -5);
  });
}

TEST(EventQueue, DetailsArriveWithTheirEventAndAreLetGoAfterIt) {
  BasicEventQueue<std::atomic> queue(64, /*with_details=*/true);
  EventDetail detail;
  detail.contact = std::make_shared<const ContactDetail>();
  const std::weak_ptr<const ContactDetail> kept = detail.contact;
  ASSERT_TRUE(queue.Reserve(2, EventPurpose::kExisting));
  // The second is numbered first.
  queue.Push(ContactEvent(1, 2), {});
  queue.Push(ContactEvent(1, 1), std::move(detail));
  std::vector<bool> with_detail;
  queue.Drain([&](const Event&, const EventDetail& got) {
    with_detail.push_back(got.contact != nullptr);
  });
  EXPECT_THAT(with_detail, ElementsAre(true, false));
  EXPECT_TRUE(kept.expired());
}

TEST(EventQueue, AnEventWaitsForItsContactsPredecessorAndNobodyElseDoes) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  h.Push(ContactEvent(1, 3));  // 2nd: waits
  h.Push(ContactEvent(2, 1));
  EXPECT_THAT(h.Drain(), ElementsAre(1, 3));
  EXPECT_EQ(h.queue.Committed().value, 1u) << "ticket 2 is not numbered";
  h.Push(ContactEvent(2, 2));
  EXPECT_THAT(h.Drain(), ElementsAre(4));
  EXPECT_EQ(h.queue.Committed().value, 1u);
  EXPECT_FALSE(h.queue.Idle());
  h.Push(ContactEvent(1, 2));
  EXPECT_THAT(h.Drain(), ElementsAre(5, 2));
  EXPECT_EQ(h.queue.Committed().value, 5u);
  EXPECT_TRUE(h.queue.Idle());
}

TEST(EventQueue, AReservationWaitsForBothItsEntities) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  h.Push(WithAgent(ContactEvent(1, 3), 5, 2));  // 2nd: needs both
  h.Push(WithAgent(Event(), 5, 1));
  EXPECT_THAT(h.Drain(), ElementsAre(1, 3));
  h.Push(ContactEvent(1, 2));
  EXPECT_THAT(h.Drain(), ElementsAre(4, 2));

  h.Push(WithAgent(ContactEvent(1, 5), 5, 4));  // 5th: needs both
  h.Push(ContactEvent(1, 4));
  EXPECT_THAT(h.Drain(), ElementsAre(6)) << "the agent is still missing";
  h.Push(WithAgent(Event(), 5, 3));
  EXPECT_THAT(h.Drain(), ElementsAre(7, 5));
  EXPECT_EQ(h.queue.Committed().value, 7u);
}

TEST(EventQueue, AWholeChainIsReleasedAtOnce) {
  Harness h;
  for (std::uint64_t version = 10; version >= 2; --version) {
    h.Push(ContactEvent(1, version));
  }
  EXPECT_THAT(h.Drain(), IsEmpty());
  EXPECT_EQ(h.queue.Committed().value, 0u);
  h.Push(ContactEvent(1, 1));
  EXPECT_THAT(h.Drain(), ElementsAre(10, 9, 8, 7, 6, 5, 4, 3, 2, 1));
  EXPECT_EQ(h.queue.Committed().value, 10u);
}

TEST(EventQueue, EntitiesAreForgottenWithTheirLastEvent) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  h.Push(ContactEvent(1, 2, EventType::kContactEnded));
  Event removed = WithAgent(Event(), 5, 1);
  removed.type = EventType::kAgentRemoved;
  h.Push(removed);
  EXPECT_THAT(h.Drain(), ElementsAre(1, 2, 3));
  // Forgotten: version 1 would otherwise be a version given twice.
  h.Push(ContactEvent(1, 1));
  h.Push(WithAgent(Event(), 5, 1));
  EXPECT_THAT(h.Drain(), ElementsAre(4, 5));
}

// Who ends a contact whose reservation another thread is about to write knows
// only the ring of the one before; its events may also be handed over first.
TEST(EventQueue, AnEndNamesTheRingOfTheEventBefore) {
  for (const bool swapped : {false, true}) {
    Harness h;
    h.Push(ContactEvent(1, 1));
    Event widened = ContactEvent(1, 2, EventType::kContactWidened);
    widened.ring = 1;
    const Event ended = ContactEvent(1, 3, EventType::kContactEnded);
    h.Push(swapped ? ended : widened);
    h.Push(swapped ? widened : ended);
    std::vector<int> rings;
    h.queue.Drain([&](const Event& event, const EventDetail&) {
      rings.push_back(event.ring);
    });
    EXPECT_THAT(rings, ElementsAre(0, 1, 1)) << swapped;
  }
  Harness restored;
  restored.queue.ContinueContact(ContactEvent(1, 1).contact, 4, 2);
  restored.Push(ContactEvent(1, 5, EventType::kContactEnded));
  restored.queue.Drain([&](const Event& event, const EventDetail&) {
    EXPECT_EQ(event.ring, 2);
  });
}

TEST(EventQueue, TwoStaysInOneSlotAreTwoEntities) {
  Harness h;
  Event next_stay = ContactEvent(1, 1);
  next_stay.contact.base_tag += 50;
  h.Push(ContactEvent(1, 2, EventType::kContactEnded));
  h.Push(next_stay);
  h.Push(ContactEvent(1, 1));
  EXPECT_THAT(h.Drain(), ElementsAre(2, 3, 1));
}

TEST(EventQueueDeathTest, AVersionGivenTwiceIsAMistake) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  h.Drain();
  h.Push(ContactEvent(1, 1));
  EXPECT_DEATH(h.Drain(), "given twice");
}

TEST(EventQueueDeathTest, PushWithoutRoomIsAMistake) {
  EventQueue queue(1);
  // Everything that can be had, the margin included.
  std::uint32_t room = 0;
  while (queue.Reserve(1, EventPurpose::kDecision)) ++room;
  for (std::uint32_t i = 0; i < room; ++i) queue.Push(ContactEvent(i, 1));
  EXPECT_DEATH(queue.Push(ContactEvent(room, 1)), "without reserved room");
  EXPECT_DEATH(queue.Unreserve(room + 1), "more events given back");
}

TEST(EventQueue, NewWorkLeavesAQuarterForWorkThatEnds) {
  Harness h(8);
  EXPECT_TRUE(h.queue.Reserve(5, EventPurpose::kNew));
  EXPECT_FALSE(h.queue.Reserve(2, EventPurpose::kNew));
  EXPECT_TRUE(h.queue.Reserve(1, EventPurpose::kNew));
  EXPECT_FALSE(h.queue.Reserve(1, EventPurpose::kNew));
  EXPECT_TRUE(h.queue.Reserve(2, EventPurpose::kExisting));
  EXPECT_FALSE(h.queue.Reserve(1, EventPurpose::kExisting));
  EXPECT_FALSE(h.queue.Reserve(0xFFFFFFFF, EventPurpose::kExisting));
  // Room comes back: given back, and numbered.
  h.queue.Unreserve(2);
  EXPECT_FALSE(h.queue.Reserve(1, EventPurpose::kNew));
  for (std::uint32_t i = 0; i < 6; ++i) h.queue.Push(ContactEvent(i, 1));
  EXPECT_FALSE(h.queue.Reserve(1, EventPurpose::kNew));
  h.Drain();
  EXPECT_TRUE(h.queue.Reserve(6, EventPurpose::kNew));
}

TEST(EventQueue, DecisionsHaveAMarginBeyondTheCapacity) {
  Harness h(8);
  EXPECT_TRUE(h.queue.Reserve(8, EventPurpose::kExisting));
  const std::uint32_t margin = EventQueue::kMarginMin + 1;  // an eighth more
  EXPECT_FALSE(h.queue.Reserve(margin + 1, EventPurpose::kDecision));
  EXPECT_TRUE(h.queue.Reserve(margin, EventPurpose::kDecision));
  EXPECT_FALSE(h.queue.Reserve(1, EventPurpose::kDecision));
  // There is a node for each of them.
  for (std::uint32_t i = 0; i < 8 + margin; ++i)
    h.queue.Push(ContactEvent(i, 1));
  EXPECT_EQ(h.Drain().size(), 8u + margin);
  EXPECT_TRUE(h.queue.Idle());
}

TEST(EventQueue, NodesAreUsedAgainForEver) {
  Harness h(4);
  for (std::uint64_t version = 1; version <= 1'000; ++version) {
    h.Push(ContactEvent(1, version));
    if (version % 3 == 0) h.Drain();
  }
  h.Drain();
  EXPECT_EQ(h.sequence, 1'000u);
  EXPECT_TRUE(h.queue.Idle());
}

TEST(EventQueue, ASecondReaderReturnsAtOnceAndItsEventIsTaken) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  std::vector<std::uint32_t> order;
  std::size_t second = 99;
  h.queue.Drain([&](const Event& event, const EventDetail&) {
    order.push_back(event.contact.slot);
    if (event.contact.slot != 1) return;
    std::thread([&] {
      h.Push(ContactEvent(2, 1));
      second = h.queue.Drain([](const Event&, const EventDetail&) { FAIL(); });
    }).join();
  });
  EXPECT_EQ(second, 0u);
  EXPECT_THAT(order, ElementsAre(1, 2));
}

// An atomic that lets the test act right before the reader's flag is lowered:
// the moment between the reader's last look at the list and its leaving.
std::function<void()> before_leaving;

template <typename T>
class HookedAtomic : public std::atomic<T> {
 public:
  HookedAtomic() = default;
  explicit HookedAtomic(T value) : std::atomic<T>(value) {}
  T exchange(T value, std::memory_order order) {
    if (std::is_same_v<T, bool> && !value && before_leaving) {
      std::exchange(before_leaving, nullptr)();
    }
    return std::atomic<T>::exchange(value, order);
  }
};

TEST(EventQueue, ACallerRefusedByALeavingReaderIsServedByItsSecondLook) {
  BasicEventQueue<HookedAtomic> queue(8);
  ASSERT_TRUE(queue.Reserve(2, EventPurpose::kNew));
  queue.Push(ContactEvent(1, 1));
  std::vector<std::uint32_t> order;
  const auto note = [&order](const Event& event, const EventDetail&) {
    order.push_back(event.contact.slot);
  };
  bool acted = false;
  before_leaving = [&] {  // as another thread would
    acted = true;
    queue.Push(ContactEvent(2, 1));
    EXPECT_EQ(queue.Drain(note), 0u);
  };
  EXPECT_EQ(queue.Drain(note), 2u);
  EXPECT_TRUE(acted);
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(EventQueue, CommittedCoversOnlyWhatCallbacksHaveFinished) {
  Harness h;
  h.Push(ContactEvent(1, 1));
  h.Push(ContactEvent(2, 1));
  std::vector<std::uint64_t> committed;
  h.queue.Drain([&](const Event&, const EventDetail&) {
    committed.push_back(h.queue.Committed().value);
  });
  EXPECT_THAT(committed, ElementsAre(0, 1));
}

// Each contact's and each agent's versions are drawn in order and handed over
// in any order by eight threads. Every thread drains now and then; the last to
// finish must leave nothing behind.
class EventQueueStress : public testing::Test {
 protected:
  static constexpr int kThreads = 8;
  static constexpr int kContacts = 16;
  static constexpr int kSteps = 4'000;

  void Produce(int thread) {
    Random random(900 + thread);
    std::vector<Event> mine;  // versions drawn, not yet handed over
    for (int step = 0; step < kSteps; ++step) {
      if (queue_.Reserve(1, EventPurpose::kExisting)) {
        const auto slot = static_cast<std::uint32_t>(random.Uniform(kContacts));
        // Both versions of an event are drawn while both entities are held,
        // as the Router does.
        MutexLock lock(drawing_[slot % 4]);
        mine.push_back(ContactEvent(slot, ++contact_[slot]));
        if (random.Bernoulli(0.5)) {
          mine.back() = WithAgent(mine.back(), slot % 4, ++agent_[slot % 4]);
        }
        produced_.fetch_add(1);
      }
      // Keep up to three back and hand them over in any order.
      while (mine.size() > random.Uniform(4)) HandOver(mine, random);
      if (random.Bernoulli(0.2)) Drain();
    }
    while (!mine.empty()) HandOver(mine, random);
    Drain();
  }

  void HandOver(std::vector<Event>& mine, Random& random) {
    std::swap(mine[random.Uniform(mine.size())], mine.back());
    const auto pushed = queue_.Push(mine.back());
    mine.pop_back();
    if (pushed.was_empty) woken_.fetch_add(1);
    std::uint64_t highest = highest_.load();
    while (highest < pushed.ticket.value &&
           !highest_.compare_exchange_weak(highest, pushed.ticket.value)) {
    }
  }

  void Drain() {
    queue_.Drain([this](const Event& event, const EventDetail&) {
      // One reader at a time: plain variables, which tsan watches.
      ASSERT_EQ(event.sequence, ++numbered_);
      ASSERT_EQ(event.contact_version, ++last_contact_[event.contact.slot]);
      if (event.agent_version != 0) {
        ASSERT_EQ(event.agent_version, ++last_agent_[event.agent.slot]);
      }
      const std::uint64_t committed = queue_.Committed().value;
      ASSERT_GE(committed, last_committed_);
      ASSERT_LT(committed, event.sequence) << "this one is not yet";
      last_committed_ = committed;
    });
  }

  EventQueue queue_{256};
  std::array<Mutex, 4> drawing_;
  std::array<std::uint64_t, kContacts> contact_{};
  std::array<std::uint64_t, 4> agent_{};
  std::atomic<std::uint64_t> produced_{0};
  std::atomic<std::uint64_t> woken_{0};
  std::atomic<std::uint64_t> highest_{0};
  std::uint64_t numbered_ = 0;
  std::uint64_t last_committed_ = 0;
  std::map<std::uint32_t, std::uint64_t> last_contact_;
  std::map<std::uint32_t, std::uint64_t> last_agent_;
};

TEST_F(EventQueueStress, EightThreadsWithSwappedVersions) {
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] { Produce(t); });
  }
  for (std::thread& thread : threads) thread.join();
  // No further Drain: the last caller's second look has seen to everything.
  EXPECT_EQ(numbered_, produced_.load());
  EXPECT_EQ(highest_.load(), produced_.load());
  EXPECT_EQ(queue_.Committed().value, produced_.load());
  EXPECT_EQ(queue_.LastSequence(), produced_.load());
  EXPECT_GT(woken_.load(), 0u);
  EXPECT_TRUE(queue_.Idle());
}

}  // namespace
}  // namespace relais
