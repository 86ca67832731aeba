// A requirement's expression in a normal form: and, or, and sets of values at
// the leaves, so that what is opposite is a set as well and there is no "not".
//
// What it is. A flat list of nodes, a node before those below it. Equal
// meanings usually are equal lists: nested nodes of the same kind are one,
// leaves about the same thing are one, children are sorted, what always or
// never holds is left out or is everything. (Not always: A or (A and B) stays.)
// So lists can be compared and hashed, which makes classes of requirements.
//
// Thread safety: plain values, pure functions.

#ifndef RELAIS_LIB_DOMAIN_CONDITION_H_
#define RELAIS_LIB_DOMAIN_CONDITION_H_

#include <compare>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "lib/domain/requirement_term.h"

namespace relais {

struct ConditionNode {
  enum class Kind : std::uint8_t { kLeaf, kAllOf, kAnyOf };
  Kind kind = Kind::kLeaf;
  Subject subject = Subject::kSkill;  // of a leaf
  // Of a leaf the values that will do, otherwise how many nodes are below.
  std::uint16_t count = 0;
  std::uint64_t id = 0;  // of what a leaf asks about: a number of its name
  friend bool operator==(const ConditionNode&, const ConditionNode&) = default;
  friend auto operator<=>(const ConditionNode&, const ConditionNode&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const ConditionNode& node) {
    return H::combine(std::move(h), node.kind, node.subject, node.count,
                      node.id);
  }
};

// Empty: always holds.
using Condition = std::vector<ConditionNode>;

// The value that somebody has, below 16.
using ValueOf = absl::FunctionRef<unsigned(Subject subject, std::uint64_t id)>;

Condition LeafCondition(Subject subject, std::uint64_t id, ValueSet values);
// Of conditions in normal form.
Condition AllOf(std::vector<Condition> conditions);
Condition AnyOf(std::vector<Condition> conditions);
// What never holds.
Condition Never();

bool Holds(const Condition& condition, ValueOf value_of);

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_CONDITION_H_
