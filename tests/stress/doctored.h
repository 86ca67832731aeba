// A short history, recorded call by call on the reference router, for tests
// that doctor it in one place and see what the judge says.

#ifndef RELAIS_TESTS_STRESS_DOCTORED_H_
#define RELAIS_TESTS_STRESS_DOCTORED_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/event_text.h"
#include "tests/reference/reference_router.h"
#include "tests/stress/history_judge.h"

namespace relais::stress {

class DoctoredTest : public ::testing::Test {
 protected:
  DoctoredTest(Configuration configuration, SpecOf spec_of)
      : configuration_(std::move(configuration)), spec_of_(std::move(spec_of)) {
    RouterOptions options;
    options.observer = &recorder_;
    router_ = *reference::ReferenceRouter::Create(options);
    Call(CallKind::kApply, "", "", [this](InstantMs now_ms, CallRecord& call) {
      call.version =
          router_->Apply(configuration_, now_ms)->configuration_version;
    });
  }

  // ask(now, call) makes the call; its events follow it at once.
  void Call(CallKind kind, const std::string& contact, const std::string& agent,
            const std::function<void(InstantMs, CallRecord&)>& ask) {
    CallRecord record;
    record.kind = kind;
    record.contact = contact;
    record.agent = agent;
    record.begin = clock_.Draw();
    ask(static_cast<InstantMs>(record.begin), record);
    record.end = clock_.Draw();
    round_.calls.push_back(record);
    router_->DrainEvents();
    for (const Event& event : recorder_.Take()) {
      round_.events.push_back({event, clock_.Draw()});
    }
  }
  void Submit(const std::string& id) {
    Call(CallKind::kSubmit, id, "", [&](InstantMs now_ms, CallRecord& call) {
      ASSERT_TRUE(router_->Submit(spec_of_(id), now_ms).ok());
      call.version = 1;
    });
  }
  void SetAvailable(const std::string& agent) {
    Call(CallKind::kSetPresence, "", agent,
         [&](InstantMs now_ms, CallRecord& call) {
           call.presence.state = PresenceState::kAvailable;
           const auto answer = router_->SetPresence(*router_->FindAgent(agent),
                                                    call.presence, now_ms);
           ASSERT_TRUE(answer.ok());
           call.version = answer->version;
         });
  }

  // What the judge has against the doctored history.
  std::vector<std::string> Judged(const std::function<void(Round&)>& doctor) {
    return Judged(doctor, configuration_);
  }
  std::vector<std::string> Judged(const std::function<void(Round&)>& doctor,
                                  const Configuration& configuration) {
    Round round = round_;
    doctor(round);
    HistoryJudge judge({configuration}, spec_of_);
    judge.Judge(round, nullptr);
    pairs_ordered_ = judge.pairs_ordered();
    return judge.violations();
  }
  // The first event of this type; of this contact, unless it is empty.
  static Event& Find(Round& round, EventType type,
                     std::string_view contact = "") {
    for (StreamEvent& one : round.events) {
      if (one.event.type == type &&
          (contact.empty() || one.event.contact_id.view() == contact)) {
        return one.event;
      }
    }
    ADD_FAILURE() << "no such event";
    return round.events.front().event;
  }

  const Configuration configuration_;
  const SpecOf spec_of_;
  reference::EventRecorder recorder_;
  std::unique_ptr<reference::ReferenceRouter> router_;
  Clock clock_{1'000};
  Round round_;
  std::uint64_t pairs_ordered_ = 0;  // by the last judge
};

}  // namespace relais::stress

#endif  // RELAIS_TESTS_STRESS_DOCTORED_H_
