// Interleavings inside the lanes, without agents: front words, and nodes that
// are given back and taken again. Smaller than the calls of pairs_test, so they
// reach what takes many steps there.

#include "lib/match/lanes.h"

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/interleaving/explorer.h"
#include "tests/interleaving/scenario.h"
#include "tests/interleaving/weak_atomic.h"

namespace relais::match {
namespace {

using interleaving::Explorer;
using interleaving::WeakAtomic;

// Two lanes without agents: contacts come, are taken, come back and end. A
// front word must not rise above one that waits, and nothing may be taken from
// where it does not stand.
class Lanes {
 public:
  static constexpr std::uint32_t kContacts = 3;

  explicit Lanes(Explorer& run) : run_(run), lanes_(kContacts, 2, 4) {}

  void Push(std::uint32_t slot, std::uint32_t lane = 0, std::int64_t key = -1) {
    const std::int64_t at = key < 0 ? slot : key;
    // Sequences rise with the keys, so that none is raised by the lane.
    places_[slot] = {lane, at, static_cast<std::uint64_t>(at) + 1};
    run_.Expect(lanes_.Push(slot, lanes_.Open(slot), &places_[slot],
                            &words_[slot]) == Result::kOk,
                "a push that is refused");
  }
  void Reserve(std::uint32_t slot) { Change(slot, ContactPhase::kReserved); }
  // False if somebody has taken it meanwhile.
  bool End(std::uint32_t slot) {
    return lanes_.Change(slot, words_[slot], ContactPhase::kEnded, 0,
                         &words_[slot]) == Result::kOk;
  }
  void Return(std::uint32_t slot) {
    lanes_.Place(slot, words_[slot], places_[slot], &words_[slot]);
  }
  void Tidy(std::uint32_t lane = 0) { lanes_.Tidy(lane); }
  // Unlinks what is dead in lane 0 and leaves its front.
  void Sweep() { lanes_.CountWaiting(0); }
  // Ends the contact and brings another of its slot, whose node is the same
  // one.
  void EndAndPush(std::uint32_t slot, std::uint32_t lane, std::int64_t key) {
    if (!End(slot)) return;
    Tidy();
    Push(slot, lane, key);
  }
  // As a decision does: takes the first, then mends the front. False if there
  // is none, or another was faster.
  bool TakeFirst() {
    Found first;
    ContactWord reserved;
    if (!lanes_.First(0, &first) || !lanes_.Take(first, 0, &reserved)) {
      return false;
    }
    const Position& stood = places_[first.owner];
    run_.Expect(stood.lane == 0 && stood.key == first.key &&
                    stood.sequence == first.sequence,
                "taken from where it does not stand");
    lanes_.Tidy(0);
    return true;
  }
  // Once a push is complete, whoever comes after it finds the front low enough.
  void ExpectFrontSees(std::uint32_t slot) {
    run_.Expect(lanes_.Front(places_[slot].lane).image() <=
                    FrontWord::ImageOf(places_[slot].key),
                "a complete push is not seen");
  }
  void ExpectPosition(std::uint32_t slot, ContactWord waiting,
                      const Position& expected) {
    Position position;
    if (!lanes_.PositionOf(slot, waiting, &position)) return;
    run_.Expect(position.lane == expected.lane &&
                    position.key == expected.key &&
                    position.sequence == expected.sequence,
                "a position of another life");
  }
  ContactWord Word(std::uint32_t slot) const { return words_[slot]; }
  Position PlaceOf(std::uint32_t slot) const { return places_[slot]; }

  void Check() {
    for (std::uint32_t lane = 0; lane < 2; ++lane) CheckLane(lane);
  }

 private:
  void Change(std::uint32_t slot, ContactPhase phase) {
    lanes_.Change(slot, lanes_.Contact(slot), phase, 0, &words_[slot]);
  }
  void CheckLane(std::uint32_t lane) {
    const Position* smallest = nullptr;
    std::uint32_t owner = 0;
    std::uint32_t waiting = 0;
    for (std::uint32_t slot = 0; slot < kContacts; ++slot) {
      const Position& here = places_[slot];
      if (lanes_.Contact(slot).phase() != ContactPhase::kWaiting ||
          here.lane != lane) {
        continue;
      }
      ++waiting;
      if (smallest == nullptr ||
          std::pair(here.key, here.sequence) <
              std::pair(smallest->key, smallest->sequence)) {
        smallest = &here;
        owner = slot;
      }
    }
    run_.Expect(lanes_.CountWaiting(lane) == waiting,
                "a contact is in no lane, or in another");
    if (smallest == nullptr) return;
    run_.Expect(lanes_.Front(lane).image() <= FrontWord::ImageOf(smallest->key),
                "a front word above a waiting contact");
    Found first;
    run_.Expect(lanes_.First(lane, &first) && first.owner == owner,
                "the first waiting contact is not found first");
  }

  Explorer& run_;
  LanesT<WeakAtomic> lanes_;
  std::array<ContactWord, kContacts> words_;
  std::array<Position, kContacts> places_;
};

// What is linked behind an entry that lives needs no lowering of the front;
// whoever finds that entry dead must find what is behind it.
void PushBehindTaken(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  if (!run.Run({{"push", [&] { lanes.Push(1); }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

// One of the two has it.
void EndTake(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  bool ended = false;
  bool taken = false;
  if (!run.Run({{"end", [&] { ended = lanes.End(0); }},
                {"take", [&] { taken = lanes.TakeFirst(); }}})) {
    return;
  }
  run.Expect(ended != taken, "ended and taken, or neither");
  lanes.Check();
}

// One is linked behind the other, whose pusher has lowered the front.
void PushPush(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  const auto push = [&](std::uint32_t slot) {
    lanes.Push(slot);
    lanes.ExpectFrontSees(slot);
  };
  if (!run.Run({{"push 0", [&] { push(0); }}, {"push 1", [&] { push(1); }}})) {
    return;
  }
  lanes.Check();
}

// The same behind one that came back and was taken again.
void ReturnBehindReturned(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  for (std::uint32_t slot = 0; slot < 3; ++slot) lanes.Push(slot);
  for (std::uint32_t slot = 0; slot < 3; ++slot) lanes.Reserve(slot);
  lanes.Return(0);
  if (!run.Run({{"return", [&] { lanes.Return(1); }}, {"return, take", [&] {
                                                         lanes.Return(2);
                                                         lanes.TakeFirst();
                                                       }}})) {
    return;
  }
  lanes.Check();
}

void TakeBesideTake(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  lanes.Push(1);
  if (!run.Run({{"take, push",
                 [&] {
                   lanes.TakeFirst();
                   lanes.Push(2);
                 }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

// A node is given back and taken again, for the other lane, while another reads
// it: as the first of a lane, ...
void NodeOfAnotherLane(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  if (!run.Run({{"end, push", [&] { lanes.EndAndPush(0, 1, 7); }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

// ... for the same lane with another key, ...
void NodeOfAnotherKey(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  if (!run.Run({{"end, push", [&] { lanes.EndAndPush(0, 0, 7); }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

// ... for another contact, whose tag is the same, ...
void NodeOfAnotherOwner(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  lanes.Push(1);
  lanes.Reserve(0);
  lanes.Reserve(1);
  lanes.Return(0);
  if (!run.Run({{"reserve, return another",
                 [&] {
                   lanes.Reserve(0);
                   lanes.Tidy();
                   lanes.Return(1);
                 }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

// ... as the end of a lane, behind which another wants to link, ...
void HintOfAnotherLife(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(1);
  if (!run.Run({{"end, push", [&] { lanes.EndAndPush(1, 1, 1); }},
                {"push", [&] { lanes.Push(2); }}})) {
    return;
  }
  lanes.Check();
}

// ... as that whose position is asked.
void PositionOfAnotherLife(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  const ContactWord waiting = lanes.Word(0);
  const Position stood = lanes.PlaceOf(0);
  if (!run.Run(
          {{"end, push",
            [&] {
              lanes.End(0);
              lanes.Tidy();
              lanes.Push(0, 1, 7);
            }},
           {"position", [&] { lanes.ExpectPosition(0, waiting, stood); }}})) {
    return;
  }
  lanes.Check();
}

// ... by a return, of another contact.
void PositionOfAnotherOwner(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  lanes.Push(1);
  lanes.Reserve(0);
  lanes.Reserve(1);
  lanes.Return(0);
  const ContactWord waiting = lanes.Word(0);
  const Position stood = lanes.PlaceOf(0);
  if (!run.Run(
          {{"reserve, return another",
            [&] {
              lanes.Reserve(0);
              lanes.Tidy();
              lanes.Return(1);
            }},
           {"position", [&] { lanes.ExpectPosition(0, waiting, stood); }}})) {
    return;
  }
  lanes.Check();
}

// The first goes to the end while another mends the front after it: not above
// the one in between.
void KeyOfAnotherLife(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0, 0, 3);
  lanes.Push(1, 0, 5);
  if (!run.Run({{"end, push",
                 [&] {
                   if (!lanes.End(0)) return;
                   lanes.Sweep();
                   lanes.Push(0, 0, 7);
                 }},
                {"tidy", [&] { lanes.Tidy(); }}})) {
    return;
  }
  lanes.Check();
}

// The one frees a node that the other takes again.
void FreeBesideTakeOwn(Explorer& run) {
  Lanes& lanes = run.New<Lanes>(run);
  lanes.Push(0);
  if (!run.Run({{"end, push, end, push",
                 [&] {
                   if (!lanes.End(0)) return;
                   lanes.Push(0, 0, 7);
                   if (!lanes.End(0)) return;
                   lanes.Push(0, 0, 8);
                 }},
                {"take", [&] { lanes.TakeFirst(); }}})) {
    return;
  }
  lanes.Check();
}

constexpr Scenario kLanes[] = {
    {"push_behind_taken", {3, 2}, 51'813, PushBehindTaken},
    {"end_take", {3, 2}, 77, EndTake},
    {"push_push", {3, 2}, 923'048, PushPush},
    {"return_behind_returned", {3, 1}, 2'091'764, ReturnBehindReturned},
    {"take_beside_take", {3, 2}, 622'324, TakeBesideTake},
    {"node_of_another_lane", {3, 2}, 76'143, NodeOfAnotherLane},
    {"node_of_another_key", {3, 2}, 148'177, NodeOfAnotherKey},
    {"node_of_another_owner", {3, 2}, 1'910'329, NodeOfAnotherOwner},
    {"hint_of_another_life", {2, 6}, 55'611, HintOfAnotherLife},
    {"position_of_another_life", {3, 2}, 3'941, PositionOfAnotherLife},
    {"position_of_another_owner", {2, 6}, 1'451, PositionOfAnotherOwner},
    {"key_of_another_life", {2, 6}, 34'738, KeyOfAnotherLife},
    {"free_beside_take_own", {3, 2}, 1'553'954, FreeBesideTakeOwn},
};

class LanesTest : public testing::TestWithParam<Scenario> {};

TEST_P(LanesTest, HoldsInEverySchedule) { HoldsInEverySchedule(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Parts, LanesTest, testing::ValuesIn(kLanes),
                         [](const auto& param) {
                           return std::string(param.param.name);
                         });

}  // namespace
}  // namespace relais::match
