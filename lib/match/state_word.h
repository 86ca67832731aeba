// The one word that owns each contact, and the one that owns each agent.
//
// Both are 64 bits because 16-byte atomics are not lock-free with g++ 12.
// Every change of a word raises its tag by one, so a compare-and-swap from a
// word that was read earlier succeeds only if nothing at all happened since.
//
// Contact word   | state:3 | ref:24 | tag:37 |
//   ref is the node in its lane while waiting, the agent's slot while reserved
//   or assigned. Because the node's index is in the word, exactly one node can
//   be the contact's live entry, whatever two movers raced to insert.
//   Tags are never reset; at a million transitions a second of one slot they
//   last 38 hours, at a contact's real pace for ever.
//
// Agent word     | claimed:1 | used:8 | kinds:8 | terms:17 | tag:30 |
//   claimed   somebody is matching this agent now and owns its slot's fields
//   used      capacity units that its contacts take; more than it has while one
//             of them interrupts others
//   kinds     kinds of work it is open for; 0 = withdrawn
//   terms     index of the terms in force (orders, profile class, capacity)
//   An agent's tag turns over after 2^30 transitions; a compare-and-swap would
//   have to be delayed over exactly that many of one agent.

#ifndef RELAIS_LIB_MATCH_STATE_WORD_H_
#define RELAIS_LIB_MATCH_STATE_WORD_H_

#include <cstdint>

namespace relais::match {

enum class ContactPhase : std::uint8_t {
  kFree,      // the slot holds no contact
  kNew,       // being submitted, in no lane yet
  kWaiting,   // in exactly one lane
  kReserved,  // an agent was chosen
  kAssigned,  // that agent accepted
  kEnded,
};

class ContactWord {
 public:
  static constexpr int kTagBits = 37;
  static constexpr int kRefBits = 24;
  static constexpr std::uint64_t kTagMask = (1ULL << kTagBits) - 1;
  static constexpr std::uint32_t kRefMask = (1U << kRefBits) - 1;

  constexpr ContactWord() = default;
  constexpr explicit ContactWord(std::uint64_t bits) : bits_(bits) {}
  constexpr ContactWord(ContactPhase phase, std::uint32_t ref,
                        std::uint64_t tag)
      : bits_(static_cast<std::uint64_t>(phase) << (kTagBits + kRefBits) |
              static_cast<std::uint64_t>(ref & kRefMask) << kTagBits |
              (tag & kTagMask)) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr ContactPhase phase() const {
    return static_cast<ContactPhase>(bits_ >> (kTagBits + kRefBits));
  }
  constexpr std::uint32_t ref() const {
    return static_cast<std::uint32_t>(bits_ >> kTagBits) & kRefMask;
  }
  constexpr std::uint64_t tag() const { return bits_ & kTagMask; }
  // The word of the next transition.
  constexpr ContactWord Next(ContactPhase phase, std::uint32_t ref) const {
    return ContactWord(phase, ref, tag() + 1);
  }
  friend constexpr bool operator==(ContactWord, ContactWord) = default;

 private:
  std::uint64_t bits_ = 0;
};
static_assert(ContactWord::kTagBits + ContactWord::kRefBits + 3 == 64);

class AgentWord {
 public:
  static constexpr std::uint32_t kUsedMax = 255;
  static constexpr std::uint32_t kTermsMask = (1U << 17) - 1;
  static constexpr std::uint32_t kTagMask = (1U << 30) - 1;

  constexpr AgentWord() = default;
  constexpr explicit AgentWord(std::uint64_t bits) : bits_(bits) {}
  constexpr AgentWord(bool claimed, std::uint32_t used, std::uint8_t kinds,
                      std::uint32_t terms, std::uint32_t tag)
      : bits_(static_cast<std::uint64_t>(claimed) << 63 |
              static_cast<std::uint64_t>(used & kUsedMax) << 55 |
              static_cast<std::uint64_t>(kinds) << 47 |
              static_cast<std::uint64_t>(terms & kTermsMask) << 30 |
              (tag & kTagMask)) {}

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool claimed() const { return (bits_ >> 63) != 0; }
  constexpr std::uint32_t used() const {
    return static_cast<std::uint32_t>(bits_ >> 55) & kUsedMax;
  }
  constexpr std::uint8_t kinds() const {
    return static_cast<std::uint8_t>(bits_ >> 47);
  }
  constexpr std::uint32_t terms() const {
    return static_cast<std::uint32_t>(bits_ >> 30) & kTermsMask;
  }
  constexpr std::uint32_t tag() const {
    return static_cast<std::uint32_t>(bits_) & kTagMask;
  }

  constexpr AgentWord WithClaim(bool claimed) const {
    return AgentWord(claimed, used(), kinds(), terms(), tag() + 1);
  }
  constexpr AgentWord WithUsed(std::uint32_t used) const {
    return AgentWord(claimed(), used, kinds(), terms(), tag() + 1);
  }

  // Whether tag `a` is later than `b`, in a circle of 2^30.
  static constexpr bool Later(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t ahead = (a - b) & kTagMask;
    return ahead != 0 && ahead < (1U << 29);
  }
  // The same for revisions, in a circle of 2^32.
  static constexpr bool LaterRevision(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) > 0;
  }
  friend constexpr bool operator==(AgentWord, AgentWord) = default;

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_STATE_WORD_H_
