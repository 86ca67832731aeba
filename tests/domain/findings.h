// A good configuration, and what is found in one that is spoilt.
//
// Thread safety: pure functions.

#ifndef RELAIS_TESTS_DOMAIN_FINDINGS_H_
#define RELAIS_TESTS_DOMAIN_FINDINGS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "relais/configuration.h"
#include "relais/limits.h"

namespace relais {

inline constexpr ChannelSet kVoice = SetOf(Channel::kVoice);
inline constexpr ChannelSet kEmail = SetOf(Channel::kEmail);

inline Configuration Good() {
  Configuration c;
  c.name = "centre";
  c.skills = {{"savings", "Savings accounts"}, {"italian", ""}};
  c.routing_profiles = {{"phone", kVoice}, {"written", kEmail}};
  c.agents = {{"anna", AgentGrade::kSenior, "phone", {{"savings", 7}}},
              {"bruno",
               AgentGrade::kExpert,
               "written",
               {{"savings", 3}, {"italian", 10}}}};
  c.queues.resize(2);
  c.queues[0].name = "calls";
  c.queues[0].channels = kVoice;
  c.queues[0].requirement.all_of = {{"savings", 5}};
  c.queues[1].name = "letters";
  c.queues[1].channels = kEmail;
  c.queues[1].requirement.all_of = {{"savings", 2}, {"italian", 10}};
  return c;
}

inline auto IsError(const std::string& path, const std::string& message) {
  return testing::AllOf(
      testing::Field(&Finding::severity, Finding::Severity::kError),
      testing::Field(&Finding::path, path),
      testing::Field(&Finding::message, testing::HasSubstr(message)));
}
inline auto IsWarning(const std::string& path, const std::string& message) {
  return testing::AllOf(
      testing::Field(&Finding::severity, Finding::Severity::kWarning),
      testing::Field(&Finding::path, path),
      testing::Field(&Finding::message, testing::HasSubstr(message)));
}

inline std::vector<Finding> Validate(const Configuration& configuration) {
  return ValidateConfiguration(configuration, Limits());
}

inline std::vector<Finding> ErrorsOf(const Configuration& configuration) {
  std::vector<Finding> errors;
  for (Finding& finding : Validate(configuration)) {
    if (finding.severity == Finding::Severity::kError) {
      errors.push_back(std::move(finding));
    }
  }
  return errors;
}

struct Spoilt {
  std::string path;
  std::string message;
  std::function<void(Configuration&)> spoil;
};

}  // namespace relais

#endif  // RELAIS_TESTS_DOMAIN_FINDINGS_H_
