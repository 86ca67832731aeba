// Implied skills as a graph.
//
// What it is. Skills are nodes, "implies" is an edge with the highest level
// that it passes on. Cycles are found as strongly connected components; without
// them, what a skill implies is collected from those it implies directly, in
// topological order (Boost.Graph does all of these).
//
// Cost: O(skills + edges) for cycles, O(edges x implied pairs of a skill) for
// the rest, bounded by kImpliedPairsMax.
//
// Thread safety: pure function.

#ifndef RELAIS_LIB_SKILLGRAPH_SKILL_GRAPH_H_
#define RELAIS_LIB_SKILLGRAPH_SKILL_GRAPH_H_

#include <vector>

#include "lib/domain/skill_closure.h"
#include "relais/configuration.h"

namespace relais {

SkillClosure CloseSkills(const std::vector<Skill>& skills);

}  // namespace relais

#endif  // RELAIS_LIB_SKILLGRAPH_SKILL_GRAPH_H_
