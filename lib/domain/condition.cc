#include "lib/domain/condition.h"

#include <algorithm>
#include <cstddef>

#include "lib/base/assert.h"

namespace relais {
namespace {

using Kind = ConditionNode::Kind;

// Nodes of the subtree that begins at `at`.
std::size_t SizeAt(const Condition& condition, std::size_t at) {
  const ConditionNode& node = condition[at];
  return node.kind == Kind::kLeaf ? 1 : 1 + std::size_t{node.count};
}

bool HoldsAt(const Condition& condition, std::size_t at, ValueOf value_of) {
  const ConditionNode& node = condition[at];
  if (node.kind == Kind::kLeaf) {
    return (node.count >> value_of(node.subject, node.id) & 1U) != 0;
  }
  const bool all = node.kind == Kind::kAllOf;
  const std::size_t end = at + 1 + node.count;
  for (++at; at < end; at += SizeAt(condition, at)) {
    if (HoldsAt(condition, at, value_of) != all) return !all;
  }
  return all;
}

// Leaves about the same thing become one, in the first one's place.
void MergeLeaves(bool all, std::vector<Condition>* parts) {
  for (std::size_t i = 0; i < parts->size(); ++i) {
    ConditionNode& leaf = (*parts)[i][0];
    if (leaf.kind != Kind::kLeaf) continue;
    const auto same = [&leaf](const Condition& other) {
      return other[0].kind == Kind::kLeaf && other[0].subject == leaf.subject &&
             other[0].id == leaf.id;
    };
    const auto begin = parts->begin() + static_cast<std::ptrdiff_t>(i) + 1;
    for (auto other = begin; other != parts->end(); ++other) {
      if (!same(*other)) continue;
      leaf.count =
          static_cast<std::uint16_t>(all ? leaf.count & (*other)[0].count
                                         : leaf.count | (*other)[0].count);
    }
    parts->erase(std::remove_if(begin, parts->end(), same), parts->end());
  }
}

// The opposite for "or" is written by exchanging what is true and what is false
// all the way.
Condition Combine(Kind kind, std::vector<Condition> conditions) {
  const bool all = kind == Kind::kAllOf;
  const Condition never = Never();
  std::vector<Condition> parts;
  for (Condition& condition : conditions) {
    const bool holds = condition.empty();
    if (holds || condition == never) {
      if (holds == all) continue;        // changes nothing
      return all ? never : Condition{};  // decides
    }
    if (condition[0].kind != kind) {
      parts.push_back(std::move(condition));
      continue;
    }
    for (std::size_t at = 1; at < condition.size();) {
      const std::size_t size = SizeAt(condition, at);
      const auto first = condition.begin() + static_cast<std::ptrdiff_t>(at);
      parts.emplace_back(first, first + static_cast<std::ptrdiff_t>(size));
      at += size;
    }
  }
  MergeLeaves(all, &parts);
  for (std::size_t i = 0; i < parts.size();) {
    const ConditionNode& first = parts[i][0];
    const bool leaf = first.kind == Kind::kLeaf;
    const bool holds = leaf && first.count == AllValues(first.subject);
    if (holds || (leaf && first.count == 0)) {
      if (holds != all) return all ? never : Condition{};
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      ++i;
    }
  }
  std::sort(parts.begin(), parts.end());
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  if (parts.empty()) return all ? Condition{} : never;
  if (parts.size() == 1) return std::move(parts[0]);
  Condition combined(1);
  for (const Condition& part : parts) {
    combined.insert(combined.end(), part.begin(), part.end());
  }
  RELAIS_CHECK(combined.size() <= UINT16_MAX, "requirements are bounded");
  combined[0].kind = kind;
  combined[0].count = static_cast<std::uint16_t>(combined.size() - 1);
  return combined;
}

}  // namespace

Condition LeafCondition(Subject subject, std::uint64_t id, ValueSet values) {
  if (values == 0) return Never();
  if (values == AllValues(subject)) return {};
  return {{Kind::kLeaf, subject, values, id}};
}

Condition Never() { return {{Kind::kLeaf, Subject::kSkill, 0, 0}}; }

Condition AllOf(std::vector<Condition> conditions) {
  return Combine(Kind::kAllOf, std::move(conditions));
}

Condition AnyOf(std::vector<Condition> conditions) {
  return Combine(Kind::kAnyOf, std::move(conditions));
}

bool Holds(const Condition& condition, ValueOf value_of) {
  return condition.empty() || HoldsAt(condition, 0, value_of);
}

}  // namespace relais
