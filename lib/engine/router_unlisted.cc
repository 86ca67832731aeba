// Agents whom the configuration no longer lists, after a restart.

#include <memory>
#include <string>
#include <utility>

#include "lib/domain/compile_profile.h"
#include "lib/engine/router_impl.h"
#include "lib/skillgraph/skill_graph.h"

namespace relais {

absl::Status RouterImpl::AddUnlisted(const std::string& id,
                                     const LiveAgent& live, Call& call,
                                     std::uint32_t* slot) {
  CompiledProfile compiled;
  ServedBy served{0, CapacityOf({})};
  AgentGrade grade = AgentGrade::kSenior;
  std::shared_ptr<const Tutors> tutors;
  // Journals from before it was kept: nothing is known, and nothing taken.
  if (live.last_listed != nullptr) {
    const Configuration& listed = *live.last_listed;
    const AgentConfiguration& agent = listed.agents[0];
    const ProfileCompiler compiler(listed, CloseSkills(listed.skills));
    compiled = compiler.Compile(agent);
    for (const RoutingProfile& profile : listed.routing_profiles) {
      if (profile.name != agent.routing_profile) continue;
      served = {compiled.channels, CapacityOf(profile),
                !compiled.queue_order.empty()};
    }
    grade = agent.grade;
    if (!compiled.skills_with_training.empty()) {
      tutors = std::make_shared<const Tutors>(compiler.TutorsOf(agent));
    }
  }
  const auto profile = classes_.AcquireProfile(
      compiled, [this, &call](std::uint32_t told) { TellAgain(told, call); });
  if (!profile.ok()) return profile.status();
  AddAgent(id, grade, *profile, served, std::move(tutors), slot);
  return absl::OkStatus();
}

}  // namespace relais
