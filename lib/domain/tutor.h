// Who listens when an agent takes a contact by a skill in training.
//
// Thread safety: plain values, pure functions.

#ifndef RELAIS_LIB_DOMAIN_TUTOR_H_
#define RELAIS_LIB_DOMAIN_TUTOR_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "lib/domain/compiled.h"
#include "relais/requirement.h"

namespace relais {

struct SkillTutor {
  std::uint64_t skill = 0;
  std::string tutor;  // agent id
};

// By rising skill, each once.
using Tutors = std::vector<SkillTutor>;

// The tutor of the skill that makes the agent eligible; nullptr if it is so
// without its skills in training, or not even with them. Of several skills the
// first by the order of the requirements and their terms
// (docs/routing-model.md, "Training").
const std::string* TutorNeeded(
    std::initializer_list<const RoutingRequirement*> requirements,
    const CompiledProfile& profile, const Tutors& tutors);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_TUTOR_H_
