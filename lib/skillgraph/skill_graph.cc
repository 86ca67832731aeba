#include "lib/skillgraph/skill_graph.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/breadth_first_search.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/graph/strong_components.hpp>
#include <boost/graph/topological_sort.hpp>
#include <boost/graph/visitors.hpp>
#include <boost/range/iterator_range.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "relais/limits.h"

namespace relais {
namespace {

struct Passes {
  std::uint8_t level_max = 0;
};
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS,
                                    boost::no_property, Passes>;
using Node = boost::graph_traits<Graph>::vertex_descriptor;
using Edge = boost::graph_traits<Graph>::edge_descriptor;

Graph GraphOf(const std::vector<Skill>& skills) {
  std::map<std::string_view, Node> nodes;
  for (std::size_t i = 0; i < skills.size(); ++i) {
    nodes.emplace(skills[i].name, i);
  }
  Graph graph(skills.size());
  for (std::size_t i = 0; i < skills.size(); ++i) {
    for (const ImpliedSkill& implied : skills[i].implies) {
      const auto node = nodes.find(implied.skill);
      if (node == nodes.end()) continue;
      boost::add_edge(i, node->second,
                      Passes{static_cast<std::uint8_t>(implied.level_max)},
                      graph);
    }
  }
  return graph;
}

// Edges inside one component.
struct Inside {
  const Graph* graph = nullptr;
  const std::vector<int>* component = nullptr;
  int wanted = 0;
  bool operator()(const Edge& edge) const {
    return (*component)[boost::source(edge, *graph)] == wanted &&
           (*component)[boost::target(edge, *graph)] == wanted;
  }
};

// The shortest way from `first` back to itself, all within its component.
std::vector<std::uint32_t> CycleThrough(Node first, const Graph& graph,
                                        const std::vector<int>& component) {
  const boost::filtered_graph<Graph, Inside> inside(
      graph, Inside{&graph, &component, component[first]});
  std::vector<Node> before(boost::num_vertices(graph));
  std::vector<std::size_t> distance(boost::num_vertices(graph), 0);
  boost::breadth_first_search(
      inside, first,
      boost::visitor(boost::make_bfs_visitor(std::make_pair(
          boost::record_predecessors(before.data(), boost::on_tree_edge()),
          boost::record_distances(distance.data(), boost::on_tree_edge())))));
  // The nearest of those who imply it.
  bool found = false;
  Node last = first;
  for (const Edge& edge : boost::make_iterator_range(boost::edges(graph))) {
    const Node source = boost::source(edge, graph);
    if (boost::target(edge, graph) != first ||
        component[source] != component[first] ||
        (found && distance[source] >= distance[last])) {
      continue;
    }
    found = true;
    last = source;
  }
  std::vector<std::uint32_t> cycle;
  for (Node at = last; at != first; at = before[at]) {
    cycle.push_back(static_cast<std::uint32_t>(at));
  }
  cycle.push_back(static_cast<std::uint32_t>(first));
  std::reverse(cycle.begin(), cycle.end());
  return cycle;
}

// One cycle of each component that has any, by the first skill of each.
std::vector<std::vector<std::uint32_t>> CyclesOf(const Graph& graph) {
  const std::size_t nodes = boost::num_vertices(graph);
  std::vector<int> component(nodes);
  const int components = boost::strong_components(
      graph, boost::make_iterator_property_map(
                 component.begin(), boost::get(boost::vertex_index, graph)));
  std::vector<std::size_t> sizes(static_cast<std::size_t>(components), 0);
  for (const int number : component) ++sizes[static_cast<std::size_t>(number)];
  std::vector<bool> seen(sizes.size(), false);
  std::vector<std::vector<std::uint32_t>> cycles;
  for (Node node = 0; node < nodes; ++node) {
    const auto number = static_cast<std::size_t>(component[node]);
    if (seen[number]) continue;
    seen[number] = true;
    if (sizes[number] > 1 || boost::edge(node, node, graph).second) {
      cycles.push_back(CycleThrough(node, graph, component));
    }
  }
  return cycles;
}

// Adds what is implied by a skill, directly and over it.
void Collect(const SkillClosure::Implied& direct,
             const std::vector<SkillClosure::Implied>& beyond,
             std::map<std::uint32_t, std::uint8_t>* implied) {
  const auto add = [implied](std::uint32_t skill, std::uint8_t level_max) {
    std::uint8_t& known = (*implied)[skill];
    known = std::max(known, level_max);
  };
  add(direct.skill, direct.level_max);
  for (const SkillClosure::Implied& further : beyond) {
    add(further.skill, std::min(direct.level_max, further.level_max));
  }
}

}  // namespace

SkillClosure CloseSkills(const std::vector<Skill>& skills) {
  const Graph graph = GraphOf(skills);
  SkillClosure closure;
  closure.implied.resize(skills.size());
  closure.cycles = CyclesOf(graph);
  if (!closure.cycles.empty()) return closure;
  // Whoever is implied comes before those who imply it.
  std::vector<Node> order;
  boost::topological_sort(graph, std::back_inserter(order));
  std::size_t pairs = 0;
  for (const Node node : order) {
    std::map<std::uint32_t, std::uint8_t> implied;
    for (const Edge& edge :
         boost::make_iterator_range(boost::out_edges(node, graph))) {
      const auto skill = static_cast<std::uint32_t>(boost::target(edge, graph));
      Collect({skill, graph[edge].level_max}, closure.implied[skill], &implied);
    }
    pairs += implied.size();
    if (pairs > kImpliedPairsMax) {
      closure.too_many_pairs = true;
      closure.implied.assign(skills.size(), {});
      return closure;
    }
    for (const auto& [skill, level_max] : implied) {
      closure.implied[node].push_back({skill, level_max});
    }
  }
  return closure;
}

}  // namespace relais
