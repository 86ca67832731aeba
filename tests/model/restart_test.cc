// Goal: a router that is restored from its events' live state decides and shows
// what one that never stopped would. Method: the model test's random calls;
// then the engine is thrown away and a new one restored from the folded events,
// while the reference goes on, and all that waits is served.
//
// RELAIS_MODEL_SEED runs one seed, RELAIS_MODEL_STEPS that many steps of each.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "gtest/gtest.h"
#include "lib/journal/fold.h"
#include "relais/router.h"
#include "tests/model/model_run.h"
#include "tests/model/model_world.h"
#include "tests/reference/event_text.h"

namespace relais::model {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kSeeds = 20;
#else
constexpr std::uint64_t kSeeds = 200;
#endif
constexpr std::uint64_t kStepsMax = 400;

std::uint64_t FromEnvironment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  std::uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return otherwise;
  return value;
}

// Folds what it hears, besides recording it.
class FoldingRecorder final : public RouterObserver {
 public:
  explicit FoldingRecorder(reference::EventRecorder* recorder)
      : recorder_(recorder),
        fold_({WorldOptions(recorder).id_retention_ms, kEndedIdsMax}) {}
  void OnEvent(const Event& event) override { recorder_->OnEvent(event); }
  bool WantsDetails() const override { return true; }
  void OnDetailedEvent(const Event& event, const EventDetail& detail) override {
    recorder_->OnEvent(event);
    const absl::Status status = fold_.Apply(event, detail, nullptr);
    if (!status.ok() && refused_.empty()) refused_ = status.ToString();
    all_.emplace_back(event, detail);
  }
  const std::vector<std::pair<Event, EventDetail>>& all() const { return all_; }
  const LiveState& state() const { return fold_.state(); }
  const std::string& refused() const { return refused_; }

 private:
  reference::EventRecorder* const recorder_;
  journal::Fold fold_;
  std::string refused_;
  std::vector<std::pair<Event, EventDetail>> all_;
};

struct Restarted {
  std::string difference;
  std::uint64_t served = 0;
  std::uint64_t withdrawn = 0;  // sign-outs of agents who are not listed
};

Restarted RunAndRestart(std::uint64_t seed, std::uint64_t steps) {
  reference::EventRecorder events;
  FoldingRecorder folding(&events);
  auto before = *Router::Create(WorldOptions(&folding));
  std::unique_ptr<Router> after;
  ModelRun run(seed, before.get(), &events);
  std::string difference = run.Run(steps);
  if (difference.empty()) {
    difference = run.RestartAndServeAll([&](InstantMs now_ms) -> Router* {
      LiveState state = folding.state();
      // The old router has run its deadlines since its last event.
      std::erase_if(state.ended, [&](const EndedContact& ended) {
        return !before->GetContact(ended.id).ok();
      });
      after = *Router::Create(WorldOptions(&folding));
      const absl::Status status = after->Restore(state, now_ms);
      EXPECT_TRUE(status.ok()) << status;
      return status.ok() ? after.get() : nullptr;
    });
  }
  EXPECT_EQ(folding.refused(), "") << "seed " << seed;
  return {difference, run.counts().served_after_restart,
          run.counts().withdrawn_after_restart};
}

// What must hold of a state when nothing is under way.
std::string WrongWith(const LiveState& state) {
  for (const auto& [id, agent] : state.agents) {
    for (const HeldContact& held : agent.held) {
      if (held.state != WorkState::kReserved) continue;
      if (agent.presence.state != PresenceState::kAvailable ||
          agent.presence_pending) {
        return "a reservation of one who has left: " + id;
      }
      if (!state.contacts.contains(held.contact_id)) {
        return "a reservation of nothing: " + id;
      }
    }
    const bool listed = std::any_of(
        state.configuration->agents.begin(), state.configuration->agents.end(),
        [&](const auto& one) { return one.id == id; });
    // Whoever has withdrawn the sign-out since stays.
    if (!listed && agent.held.empty() &&
        (agent.presence.state == PresenceState::kLoggedOut ||
         agent.presence_configuration_version <
             state.applied_configuration_version)) {
      return "one who is not listed stays: " + id;
    }
  }
  for (const auto& [id, contact] : state.contacts) {
    if (contact.state == ContactState::kReserved && contact.agent_id.empty()) {
      return "reserved by nobody: " + id;
    }
  }
  return "";
}

// A process may end between any two events, also between those of one call.
TEST(RestartTest, ACutBetweenAnyTwoEventsIsGoneOnWith) {
  reference::EventRecorder events;
  FoldingRecorder whole(&events);
  auto router = *Router::Create(WorldOptions(&whole));
  ModelRun run(4'001, router.get(), &events);
  ASSERT_EQ(run.Run(1'500), "");
  ASSERT_GT(whole.all().size(), 500U);
  std::uint64_t mended = 0;
  for (std::size_t cut = 1; cut <= whole.all().size(); ++cut) {
    FoldingRecorder recovered(&events);
    for (std::size_t i = 0; i < cut; ++i) {
      recovered.OnDetailedEvent(whole.all()[i].first, whole.all()[i].second);
    }
    mended += WrongWith(recovered.state()).empty() ? 0 : 1;
    auto after = *Router::Create(WorldOptions(&recovered));
    const InstantMs now_ms = recovered.state().last_at_ms;
    const LiveState state = recovered.state();
    const absl::Status restored = after->Restore(state, now_ms);
    ASSERT_TRUE(restored.ok()) << restored << ", cut after event " << cut;
    after->DrainEvents();
    ASSERT_EQ(recovered.refused(), "") << "cut after event " << cut;
    ASSERT_EQ(WrongWith(recovered.state()), "") << "cut after event " << cut;
  }
  std::cout << whole.all().size() << " cuts, " << mended
            << " of which something had to be finished\n";
  EXPECT_GT(mended, 0U);
}

// Anne is not listed any more and would leave after her call; after a restart
// she says that she stays.
TEST(RestartTest, WhoIsNotListedAnyMoreGoesOnAsBefore) {
  for (const bool restart : {false, true}) {
    SCOPED_TRACE(restart);
    reference::EventRecorder events;
    FoldingRecorder folding(&events);
    Configuration centre;
    centre.skills = {{"savings", "", {{"accounts", 4}}}, {"accounts", ""}};
    centre.sites = {{"north"}};
    centre.teams = {{"red", "north"}};
    centre.routing_profiles = {{"desk", SetOf(Channel::kChat)}};
    centre.agents = {
        {"anne", AgentGrade::kExpert, "desk", {{"savings"}}, {}, {}, "red"}};
    ContactQueue queue;
    queue.name = "chats";
    queue.channels = SetOf(Channel::kChat);
    queue.requirement.all_of = {{"accounts", 4},
                                {.site = "north"},
                                {.grades = SetOf(AgentGrade::kExpert)}};
    centre.queues = {queue};
    auto router = *Router::Create(WorldOptions(&folding));
    ASSERT_TRUE(router->Apply(centre, 1'000)->applied());
    const Presence available{PresenceState::kAvailable, NotReadyReason::kNone};
    AgentHandle anne = *router->FindAgent("anne");
    ASSERT_TRUE(router->SetPresence(anne, available, 1'000).ok());
    ContactSpec spec;
    spec.id = "c1";
    spec.queue = "chats";
    spec.channel = Channel::kChat;
    ASSERT_TRUE(router->Submit(spec, 1'000).ok());
    ASSERT_TRUE(
        router->Accept(anne, *router->FindContact("c1"), 2, 1'000).ok());
    centre.agents.clear();
    ASSERT_TRUE(router->Apply(centre, 2'000)->applied());
    spec.id = "c2";
    ASSERT_TRUE(router->Submit(spec, 2'000).ok());
    router->DrainEvents();
    EXPECT_TRUE(router->GetAgent(anne)->presence_pending);
    if (restart) {
      auto after = *Router::Create(WorldOptions(&folding));
      const LiveState state = folding.state();
      ASSERT_TRUE(after->Restore(state, 3'000).ok());
      router = std::move(after);
      anne = *router->FindAgent("anne");
    }
    ASSERT_TRUE(router->SetPresence(anne, available, 3'000).ok());
    EXPECT_EQ(router->GetContact("c2")->agent_id, "anne");
    EXPECT_EQ(router->GetAgent(anne)->grade, AgentGrade::kExpert);
  }
}

// RELAIS_MODEL_SEED runs one seed, RELAIS_MODEL_SEEDS that many.
TEST(RestartTest, TheNewRouterGoesOnAsTheOldOneWould) {
  const std::uint64_t one = FromEnvironment("RELAIS_MODEL_SEED", 0);
  const std::uint64_t seeds =
      one != 0 ? 1 : FromEnvironment("RELAIS_MODEL_SEEDS", kSeeds);
  std::uint64_t served = 0;
  std::uint64_t withdrawn = 0;
  for (std::uint64_t i = 0; i < seeds; ++i) {
    const std::uint64_t seed = one != 0 ? one : 2'001 + i;
    const Restarted restarted = RunAndRestart(
        seed, FromEnvironment("RELAIS_MODEL_STEPS", 1 + seed * 37 % kStepsMax));
    ASSERT_EQ(restarted.difference, "");
    served += restarted.served;
    withdrawn += restarted.withdrawn;
  }
  std::cout << seeds << " restarts, " << served << " contacts served and "
            << withdrawn << " sign-outs withdrawn after them\n";
  if (one == 0) {
    EXPECT_GT(served, seeds);
    EXPECT_GT(withdrawn, seeds / 40);
  }
}

}  // namespace
}  // namespace relais::model
