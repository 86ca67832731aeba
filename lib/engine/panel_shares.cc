#include "lib/engine/panel_shares.h"

#include <algorithm>

#include "lib/domain/panel_choices.h"

namespace relais {

PanelShares::PanelShares(std::uint32_t agents)
    : present_(std::make_unique<std::atomic<bool>[]>(agents)),
      chosen_(std::make_unique<std::atomic<bool>[]>(agents)),
      of_agent_(agents) {}

bool PanelShares::Choose(std::uint32_t agent, InstantMs now_ms,
                         int max_share_percent) {
  const bool present = present_[agent].load(std::memory_order_relaxed);
  MutexLock lock(mutex_);
  const std::uint64_t own = ChoicesAt(of_agent_[agent], now_ms);
  const std::uint64_t others = ChoicesAt(of_present_, now_ms);
  if (!MayBeChosen(own, present ? others : others + own,
                   agents_present_ + (present ? 0 : 1), max_share_percent)) {
    return false;
  }
  NoteChoice(now_ms, &of_agent_[agent]);
  if (present) NoteChoice(now_ms, &of_present_);
  latest_ms_ = std::max(latest_ms_, now_ms);
  chosen_[agent].store(true, std::memory_order_relaxed);
  return true;
}

void PanelShares::TakeBack(std::uint32_t agent) {
  MutexLock lock(mutex_);
  PanelChoices& own = of_agent_[agent];
  const PanelChoices latest = LatestOf(own);
  TakeChoices(latest, &own);
  if (present_[agent].load(std::memory_order_relaxed)) {
    TakeChoices(latest, &of_present_);
  }
}

void PanelShares::SetPresent(std::uint32_t agent, bool present) {
  if (present_[agent].load(std::memory_order_relaxed) == present) return;
  present_[agent].store(present, std::memory_order_relaxed);
  MutexLock lock(mutex_);
  if (present) {
    ++agents_present_;
    AddChoices(of_agent_[agent], &of_present_);
  } else {
    --agents_present_;
    TakeChoices(of_agent_[agent], &of_present_);
  }
}

void PanelShares::Set(std::uint32_t agent, const PanelChoices& choices) {
  MutexLock lock(mutex_);
  of_agent_[agent] = choices;
  const bool chosen = choices != PanelChoices();
  chosen_[agent].store(chosen, std::memory_order_relaxed);
  if (chosen) {
    latest_ms_ = std::max(latest_ms_, choices.piece * PanelChoices::kPieceMs);
  }
}

PanelShares::Share PanelShares::ShareOf(std::uint32_t agent) const {
  Share share;
  if (!chosen_[agent].load(std::memory_order_relaxed)) return share;
  const bool present = present_[agent].load(std::memory_order_relaxed);
  MutexLock lock(mutex_);
  share.choices = ChoicesAt(of_agent_[agent], latest_ms_);
  const std::uint64_t all =
      ChoicesAt(of_present_, latest_ms_) + (present ? 0 : share.choices);
  const std::uint64_t agents = agents_present_ + (present ? 0 : 1);
  if (all > 0) {
    share.percent =
        static_cast<std::uint32_t>(share.choices * agents * 100 / all);
  }
  return share;
}

}  // namespace relais
