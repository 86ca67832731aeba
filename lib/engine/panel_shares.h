// Who was chosen from a panel how often in the last four hours, and what the
// agents who are present have had together.
//
// Thread safety: every member from any thread; Choose, TakeBack and SetPresent
// of one agent under the mutex of its record.
//
// Lock: one mutex, a leaf. Taken by submits that choose an agent from a panel,
// by sign-in and sign-out, and by views of agents who were ever chosen. Longest
// hold: fifteen additions.
//
// Atomics
//   S1  whether an agent is present, relaxed: written and read by all but views
//       under its record's mutex, so that what does not change takes no lock.
//   S2  whether it was ever chosen, relaxed: a view may tell a choice late.

#ifndef RELAIS_LIB_ENGINE_PANEL_SHARES_H_
#define RELAIS_LIB_ENGINE_PANEL_SHARES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "lib/base/mutex.h"
#include "relais/agent.h"
#include "relais/types.h"

namespace relais {

class PanelShares {
 public:
  explicit PanelShares(std::uint32_t agents);

  // Counts the choice if the agent may be chosen (MayBeChosen; 0: always).
  bool Choose(std::uint32_t agent, InstantMs now_ms, int max_share_percent);
  // The choice was for nothing; of an agent chosen before.
  void TakeBack(std::uint32_t agent);
  void SetPresent(std::uint32_t agent, bool present);
  // What another agent in this slot had is forgotten. Of one who is not
  // present.
  void Set(std::uint32_t agent, const PanelChoices& choices);

  struct Share {
    std::uint64_t choices = 0;  // of the last four hours
    std::uint32_t percent =
        0;  // of the mean of those present; 0: there is none
  };
  // At the last choice of all.
  Share ShareOf(std::uint32_t agent) const;

 private:
  const std::unique_ptr<std::atomic<bool>[]> present_;  // S1
  const std::unique_ptr<std::atomic<bool>[]> chosen_;   // S2
  mutable Mutex mutex_;
  std::vector<PanelChoices> of_agent_ RELAIS_GUARDED_BY(mutex_);
  std::uint64_t agents_present_ RELAIS_GUARDED_BY(mutex_) = 0;
  PanelChoices of_present_ RELAIS_GUARDED_BY(mutex_);
  InstantMs latest_ms_ RELAIS_GUARDED_BY(mutex_) = 0;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_PANEL_SHARES_H_
