// The records of decisions, with the names that are known now.
//
// Records, and the ids in them, are copied without a lock. Queues' names take
// the lock of a queue's name and that of the configuration in force; no
// decision needs either (docs/concurrency.md).

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/domain/error.h"
#include "lib/engine/router_impl.h"

namespace relais {
namespace {

using match::ContactPhase;
using match::ContactWord;

// Queues that ask for the same are many, perhaps; these are told.
constexpr std::size_t kNamesPerEntry = 4;

}  // namespace

class RouterImpl::DecisionReader {
 public:
  explicit DecisionReader(const RouterImpl& router) : router_(router) {
    {
      MutexLock lock(router_.in_force_mutex_);
      applied_ = router_.in_force_.applied;
    }
    if (applied_ == nullptr) return;
    // By name, so that the same four are told each time.
    std::map<std::string, const QueueTerms*> queues;
    for (const auto& [name, terms] : applied_->queues) {
      queues.emplace(name, terms.get());
    }
    for (const auto& [name, terms] : queues) AddQueue(name, *terms);
  }

  DecisionView View(DecisionLog::Kept kept) const {
    DecisionView view;
    view.record = kept.record;
    view.contact_id = std::move(kept.contact_id);
    view.agent_id = router_.decision_log_.AgentId(kept.record.agent());
    view.stands = Stands(kept.record);
    const ContactHandle contact = kept.record.contact();
    view.settled = router_.contacts_[contact.slot].told_tag.load(
                       std::memory_order_acquire) >=
                   contact.base_tag + kept.record.attempt;
    {
      const QueueSlot& queue = router_.queues_[kept.record.queue];
      MutexLock lock(queue.mutex);
      view.queue = queue.name;
    }
    const DecisionRecord& record = view.record;
    // An agent's change raises the version and leaves the queues' classes.
    const bool in_force = applied_ != nullptr &&
                          record.configuration_version >= applied_->version;
    for (std::size_t i = 0; i < std::size_t{record.lanes} + record.agents;
         ++i) {
      const ComparedEntry& entry = record.compared[i];
      if (i >= record.lanes) {
        std::string id;
        if (entry.found != ComparedEntry::kNotFound) {
          id = router_.decision_log_.AgentId(entry.found);
        }
        view.names.emplace_back();
        if (!id.empty()) view.names.back().push_back(std::move(id));
        continue;
      }
      const auto names = names_.find(entry.of);
      view.names.push_back(in_force && names != names_.end()
                               ? names->second
                               : std::vector<std::string>());
    }
    return view;
  }

 private:
  void AddName(std::uint32_t requirement_class, const std::string& name) {
    std::vector<std::string>& names = names_[requirement_class];
    if (names.size() < kNamesPerEntry &&
        (names.empty() || names.back() != name)) {
      names.push_back(name);
    }
  }
  void AddQueue(const std::string& name, const QueueTerms& terms) {
    for (int i = 0; i < kChannelCount; ++i) {
      const auto channel = static_cast<std::size_t>(i);
      if (!Contains(terms.queue.channels, static_cast<Channel>(i))) continue;
      AddName(terms.classes[channel], name);
      if (terms.rings[channel] == nullptr) continue;
      const auto& rings = terms.rings[channel]->rings();
      for (std::size_t ring = 1; ring < rings.size(); ++ring) {
        AddName(rings[ring].requirement_class,
                absl::StrCat(name, " (ring ", ring, ")"));
      }
    }
  }
  bool Stands(const DecisionRecord& record) const {
    const ContactWord word = router_.matcher_.Contact(record.contact_slot);
    const std::uint64_t reserved = record.contact_base_tag + record.attempt;
    return (word.phase() == ContactPhase::kReserved &&
            word.tag() == reserved) ||
           (word.phase() == ContactPhase::kAssigned &&
            word.tag() == reserved + 1);
  }

  const RouterImpl& router_;
  std::shared_ptr<const CompiledConfiguration> applied_;
  std::map<std::uint32_t, std::vector<std::string>> names_;  // by class
};

absl::StatusOr<DecisionView> RouterImpl::DecisionOf(
    ContactHandle contact, std::uint64_t attempt) const {
  const absl::Status status = CheckContactGiven(contact);
  if (!status.ok()) return status;
  auto kept = decision_log_.OfSlot(contact.slot);
  if (!kept.has_value() || kept->record.contact() != contact ||
      (attempt != 0 && kept->record.attempt != attempt)) {
    kept = decision_log_.FindEnded(contact, attempt);
  }
  if (kept.has_value()) return DecisionReader(*this).View(*std::move(kept));
  return FieldError(
      absl::StatusCode::kNotFound, attempt == 0 ? "contact_id" : "attempt",
      attempt == 0
          ? "no decision about it is kept"
          : absl::StrCat(attempt, ": no decision of that number is kept"));
}

std::vector<DecisionView> RouterImpl::Decisions(InstantMs since_ms,
                                                std::size_t limit) const {
  const DecisionReader reader(*this);
  std::vector<DecisionView> views;
  for (DecisionLog::Kept& kept :
       decision_log_.Newest(since_ms, contact_slots_.high_water(), limit)) {
    views.push_back(reader.View(std::move(kept)));
  }
  return views;
}

}  // namespace relais
