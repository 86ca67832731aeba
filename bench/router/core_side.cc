#include "bench/router/core_side.h"

#include "lib/base/assert.h"

namespace relais::bench {
namespace {

constexpr std::size_t kRing = 1'024;
static_assert(kRing >= kAgents);

match::Sizes SizesFor() {
  match::Sizes sizes;
  sizes.contacts = kContacts;
  sizes.agents = kAgents;
  sizes.requirement_classes = 2 * kClasses;
  sizes.profile_classes = 256;
  sizes.lanes = 2 * kClasses * kPriorities;
  return sizes;
}

void Expect(match::Result result) {
  RELAIS_CHECK(result == match::Result::kOk, "the core refused a call");
}

}  // namespace

CoreSide::CoreSide(std::uint32_t threads, const Served& served)
    : matcher_(SizesFor()), held_(kRing) {
  RELAIS_CHECK(threads == 1, "this side is for one worker");
  for (std::uint32_t c = 0; c < kClasses; ++c) {
    Expect(matcher_.SetRequirementClass(c, 0));
  }
  for (std::uint32_t p = 0; p < kProfiles; ++p) {
    Expect(matcher_.SetProfileClass(p));
    for (const std::uint32_t c : served[p]) Expect(matcher_.SetFit(c, p, 1));
  }
  for (std::uint32_t lane = 0; lane < kClasses * kPriorities; ++lane) {
    Expect(matcher_.SetLane(lane, lane / kPriorities));
  }
  for (std::uint32_t slot = kContacts; slot > 0; --slot) {
    slots_.push_back(slot - 1);
  }
  for (std::uint32_t agent = 0; agent < kAgents; ++agent) {
    Update(agent, NowMs(), 0);
  }
}

void CoreSide::Submit(std::uint32_t /*worker*/, std::uint32_t requirement,
                      std::uint32_t priority, std::int64_t now_ms) {
  const std::uint32_t slot = slots_.back();
  slots_.pop_back();
  const match::ContactWord opened = matcher_.Open(slot);
  // The most urgent first among the neighbours, as the Router has them when
  // lanes are made as they are needed.
  const match::Position at{requirement * kPriorities + priority,
                           now_ms - priority * kCreditMs, ++sequence_};
  Expect(matcher_.Submit(slot, opened, at, *this));
}

bool CoreSide::CompleteOldest(std::uint32_t /*worker*/, std::int64_t now_ms) {
  if (head_ == matches_) return false;
  const Held held = held_[head_++ & (kRing - 1)];
  match::ContactWord ended;
  Expect(matcher_.End(held.contact, held.word, &ended));
  slots_.push_back(held.contact);
  Update(held.agent, now_ms, 1);
  return true;
}

void CoreSide::OnDecision(const match::Decision& decision) {
  match::ContactWord assigned;
  Expect(matcher_.Accept(decision.contact, decision.word, &assigned));
  held_[matches_++ & (kRing - 1)] = {decision.contact, decision.agent,
                                     assigned};
}

void CoreSide::Update(std::uint32_t agent, std::int64_t now_ms,
                      std::uint32_t units) {
  match::AgentTerms terms;
  terms.kinds = 1;
  terms.order_key = now_ms;
  terms.profile_class = agent % kProfiles;
  Expect(matcher_.Update(agent, ++revision_, terms, units, *this));
}

}  // namespace relais::bench
