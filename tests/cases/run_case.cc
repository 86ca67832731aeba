// Tells a centre a case step by step and compares what it shows.

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/cases/table.h"

namespace relais::cases {
namespace {

// What is known of an id: a contact's state, an agent's, or "unknown".
std::string StateOf(const std::string& id, Centre* centre) {
  const auto contact = centre->Contact(id);
  const auto agent = centre->Agent(id);
  if (contact.has_value() && agent.has_value()) {
    return "the id of a contact and of an agent, which a case may not have";
  }
  if (contact.has_value()) return TextOf(*contact);
  if (agent.has_value()) return TextOf(*agent);
  return "unknown";
}

// Why the contact is not with this agent, or why the agent is not given those
// of this "queue channel".
std::string WhyNot(const std::string& id, const std::string& about,
                   Centre* centre) {
  if (const auto contact = centre->ExplainContact(id)) {
    for (const v1::AgentVerdict& one : contact->agents()) {
      if (one.agent().id() == about) return TextOf(one);
    }
    return "not told";
  }
  const auto agent = centre->ExplainAgent(id);
  if (!agent.has_value()) return "unknown";
  std::vector<std::string> told;
  for (const v1::WaitingVerdict& one : agent->verdicts()) {
    if (QueueAndChannel(one) == about) told.push_back(TextOf(one));
  }
  return told.empty() ? "nothing waits" : absl::StrJoin(told, " and ");
}

// "ann" stands for either way in which she may hold it.
bool Says(const std::string& expected, const std::string& state) {
  return expected == state || state == "offered to " + expected ||
         state == "with " + expected;
}

class CaseRun {
 public:
  CaseRun(const Case& one, Centre* centre) : case_(one), centre_(centre) {}

  std::optional<Problem> Run() {
    const Answer applied = centre_->Apply(case_.configuration);
    if (!applied.ok()) {
      return Problem{case_.line, absl::StrCat("the configuration was refused: ",
                                              applied.message)};
    }
    centre_->TakeEvents();
    for (const Step& step : case_.steps) {
      ++number_;
      if (std::optional<Problem> problem = RunStep(step)) {
        problem->text = absl::StrCat(
            std::string(centre_->door()), ", ", case_.name, ", step ", number_,
            " (at ", step.at_ms, " ms", step.verb.empty() ? "" : ", ",
            step.verb, "): ", problem->text, "\n", Situation());
        return problem;
      }
    }
    return std::nullopt;
  }

 private:
  std::optional<Problem> RunStep(const Step& step) {
    const InstantMs at_ms = kCaseBeginMs + step.at_ms;
    centre_->PassTo(at_ms);
    for (const Call& call : step.calls) {
      if (std::optional<Problem> problem = Judge(step, call(centre_))) {
        return problem;
      }
    }
    centre_->PassTo(at_ms);  // what the calls made due at once
    const std::vector<v1::Event> events = centre_->TakeEvents();
    for (const v1::Event& event : events) ids_.insert(event.contact().id());
    for (const Step::Expectation& expected : step.expect) {
      if (!expected.decided.empty()) {
        const auto decision = centre_->Decision(expected.id);
        const std::string told = decision.has_value()
                                     ? TextOf(*decision, expected.decided)
                                     : "no decision";
        if (told == expected.text) continue;
        return Problem{expected.line,
                       absl::StrCat("expected the decision about ", expected.id,
                                    ", ", expected.decided, ": ", expected.text,
                                    Why(step), "; it is: ", told)};
      }
      const bool explained = !expected.about.empty();
      const std::string state =
          explained ? WhyNot(expected.id, expected.about, centre_)
                    : StateOf(expected.id, centre_);
      if (explained ? state == expected.text : Says(expected.text, state)) {
        continue;
      }
      return Problem{
          expected.line,
          absl::StrCat(
              "expected ", expected.id,
              explained ? absl::StrCat(", why not ", expected.about) : "", ": ",
              expected.text, Why(step), "; it is: ", state)};
    }
    return CompareEvents(step, events);
  }

  static std::optional<Problem> Judge(const Step& step, const Answer& answer) {
    if (!step.is_refused) {
      if (answer.ok()) return std::nullopt;
      return Problem{step.line,
                     absl::StrCat("was refused: ", answer.code, " ",
                                  answer.field, " (", answer.message, ")")};
    }
    const bool same =
        answer.code == step.refusal.code &&
        (step.refusal.field.empty() || answer.field == step.refusal.field);
    if (same) return std::nullopt;
    return Problem{step.line,
                   absl::StrCat("expected the refusal ", step.refusal.code, " ",
                                step.refusal.field, Why(step), "; the answer: ",
                                answer.code, " ", answer.field)};
  }

  static std::optional<Problem> CompareEvents(
      const Step& step, const std::vector<v1::Event>& events) {
    if (!step.events.has_value()) return std::nullopt;
    std::vector<std::string> texts;
    texts.reserve(events.size());
    for (const v1::Event& event : events) texts.push_back(TextOf(event));
    if (texts == *step.events) return std::nullopt;
    return Problem{step.line, absl::StrCat("expected the events [",
                                           absl::StrJoin(*step.events, ", "),
                                           "]", Why(step), "; they are: [",
                                           absl::StrJoin(texts, ", "), "]")};
  }

  static std::string Why(const Step& step) {
    return step.because.empty() ? "" : absl::StrCat(", because ", step.because);
  }

  // Everybody and everything, for who reads of a failure.
  std::string Situation() const {
    std::vector<std::string> lines;
    for (const v1::AgentConfiguration& agent : case_.configuration.agents()) {
      lines.push_back(
          absl::StrCat(agent.id(), ": ", StateOf(agent.id(), centre_)));
    }
    for (const std::string& id : ids_) {
      if (!id.empty()) {
        lines.push_back(absl::StrCat(id, ": ", StateOf(id, centre_)));
      }
    }
    return absl::StrCat("  the situation: ", absl::StrJoin(lines, ", "));
  }

  const Case& case_;
  Centre* const centre_;
  int number_ = 0;
  std::set<std::string> ids_;  // of contacts
};

}  // namespace

std::optional<Problem> RunCase(const Case& one, Centre* centre) {
  return CaseRun(one, centre).Run();
}

}  // namespace relais::cases
