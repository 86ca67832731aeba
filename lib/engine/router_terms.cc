// Under which terms a contact comes: what its submit names, its class and lane.

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/domain/validate_contact.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

absl::Status UnknownQueue(const std::string& name) {
  return FieldError(absl::StatusCode::kNotFound, "contact.queue",
                    absl::StrCat("no queue is called ", Quoted(name)));
}

}  // namespace

absl::Status RouterImpl::CompileContact(const ContactSpec& spec,
                                        const ContactTerms& terms,
                                        std::uint32_t* requirement_class,
                                        std::uint32_t* lane, Call& call) {
  const QueueTerms& queue = *terms.queue;
  const auto channel = static_cast<std::size_t>(spec.channel);
  std::atomic<std::uint32_t>* known_lane = nullptr;
  if (spec.requirement.empty() && !spec.tutor_may_listen) {
    *requirement_class = queue.classes[channel];
    classes_.AddRequirementReference(*requirement_class);
    if (terms.boost_ms == queue.BoostOf(spec.priority)) {
      known_lane =
          &queue.lanes[channel][static_cast<std::size_t>(spec.priority)];
      *lane = known_lane->load(std::memory_order_acquire);
      if (*lane != QueueTerms::kNoLane) return absl::OkStatus();
    }
  } else {
    CompiledRequirement own =
        CompileRequirement(spec.channel, spec.requirement);
    own.tutor_may_listen = spec.tutor_may_listen;
    const auto acquired = classes_.AcquireRequirement(
        queue.RequirementOf(spec.channel, own),
        [this, &call](std::uint32_t agent) { TellAgain(agent, call); });
    if (!acquired.ok()) return acquired.status();
    *requirement_class = *acquired;
  }
  const auto found = classes_.LaneFor(*requirement_class, terms.boost_ms);
  if (!found.ok()) {
    classes_.ReleaseRequirement(*requirement_class);
    return found.status();
  }
  *lane = *found;
  if (known_lane != nullptr) {
    known_lane->store(*lane, std::memory_order_release);
  }
  return absl::OkStatus();
}

// What a submit names must exist, and its queue must accept its channel and not
// exclude what it asks for.
absl::StatusOr<ContactTerms> RouterImpl::FindTerms(
    const ContactSpec& spec, const CompiledConfiguration* configuration) const {
  if (configuration == nullptr) return UnknownQueue(spec.queue);
  const auto queue = configuration->queues.find(spec.queue);
  if (queue == configuration->queues.end()) return UnknownQueue(spec.queue);
  DurationMs segment_credit_ms = 0;
  if (!spec.segment.empty()) {
    const auto segment = configuration->segments.find(spec.segment);
    if (segment == configuration->segments.end()) {
      return FieldError(
          absl::StatusCode::kNotFound, "contact.segment",
          absl::StrCat("no segment is called ", Quoted(spec.segment)));
    }
    segment_credit_ms = segment->second;
  }
  absl::Status status = configuration->names.Check(spec.requirement);
  if (!status.ok()) return status;
  if (!Contains(queue->second->queue.channels, spec.channel)) {
    const std::string_view name = ChannelName(spec.channel);
    return FieldError(
        absl::StatusCode::kInvalidArgument, "contact.channel",
        absl::StrCat(absl::string_view(name.data(), name.size()),
                     " is not accepted by queue ", Quoted(spec.queue)));
  }
  status = CheckAgainstQueue(spec.requirement, queue->second->queue);
  for (const ContactQueue& other : queue->second->ring_queues) {
    if (status.ok()) status = CheckAgainstQueue(spec.requirement, other);
  }
  if (!status.ok()) return status;
  return ContactTerms{queue->second,
                      queue->second->BoostOf(spec.priority, segment_credit_ms)};
}

}  // namespace relais
