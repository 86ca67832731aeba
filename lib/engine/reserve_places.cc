#include "lib/engine/reserve_places.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/domain/activity.h"
#include "lib/domain/compiled.h"
#include "lib/domain/error.h"

namespace relais {
namespace {

static_assert(2 * kReservesMax <= match::kReservePlaces,
              "those of two configurations stand side by side");

match::ReserveSet PlacesOf(const std::vector<PlacedReserve>& placed) {
  match::ReserveSet places = 0;
  for (const PlacedReserve& one : placed) {
    places |= match::ReserveSet{1} << one.place;
  }
  return places;
}

PlacedReserve Unplaced(const Reserve& reserve,
                       const Configuration& configuration) {
  PlacedReserve placed;
  placed.reserve = reserve;
  const auto queue = std::find_if(
      configuration.queues.begin(), configuration.queues.end(),
      [&](const ContactQueue& one) { return one.name == reserve.queue; });
  const ContactQueue asking = WithActivity(*queue, configuration);
  placed.asks = asking.requirement;
  placed.agent_choice = asking.agent_choice;
  return placed;
}

bool Same(const PlacedReserve& a, const PlacedReserve& b) {
  return a.reserve == b.reserve && a.asks == b.asks &&
         a.agent_choice == b.agent_choice;
}

}  // namespace

absl::Status ReservePlaces::Prepare(const Configuration& configuration,
                                    const std::vector<PlacedReserve>& before,
                                    ClassRegistry::TellAgent tell,
                                    std::vector<PlacedReserve>* next,
                                    std::vector<std::uint32_t>* held) {
  match::ReserveSet taken = PlacesOf(before);
  for (const Reserve& reserve : configuration.reserves) {
    PlacedReserve placed = Unplaced(reserve, configuration);
    // Without the queue's name, so that queue orders change nothing of it.
    CompiledRequirement asks = CompileRequirement(reserve.channel, placed.asks);
    asks.fit = placed.agent_choice.fit;
    asks.order = placed.agent_choice.order;
    const auto id = classes_of_->AcquireRequirement(asks, tell);
    if (!id.ok()) return id.status();
    held->push_back(*id);
    placed.requirement_class = *id;
    const auto same =
        std::find_if(before.begin(), before.end(),
                     [&](const auto& one) { return Same(one, placed); });
    if (same != before.end() && same->requirement_class == *id) {
      placed.place = same->place;
      next->push_back(std::move(placed));
      continue;
    }
    match::ReserveTerms terms;
    terms.kind = static_cast<std::uint8_t>(reserve.channel);
    terms.held_back = reserve.holds_back;
    terms.keep = static_cast<std::uint32_t>(reserve.keep);
    terms.resume = static_cast<std::uint32_t>(reserve.ResumeAt());
    terms.requirement_class = *id;
    placed.place = 0;
    // A call that is slow to settle may hold up a place; twice as many as are
    // needed would have to be held up so.
    while (placed.place < match::kReservePlaces &&
           ((taken >> placed.place & 1) != 0 ||
            matcher_->SetReserve(placed.place, terms) != match::Result::kOk)) {
      ++placed.place;
    }
    if (placed.place == match::kReservePlaces) {
      return FieldError(absl::StatusCode::kResourceExhausted, "reserves",
                        "calls under way still refer to former reserves; try "
                        "again");
    }
    taken |= match::ReserveSet{1} << placed.place;
    next->push_back(std::move(placed));
  }
  return absl::OkStatus();
}

bool ReservePlaces::Install(const std::vector<PlacedReserve>& next) {
  for (const PlacedReserve& one : next) {
    classes_[static_cast<std::size_t>(one.place)].store(
        one.requirement_class, std::memory_order_relaxed);  // V1
  }
  const match::ReserveSet places = PlacesOf(next);
  // relaxed: by Install alone.
  if (places == in_force_.load(std::memory_order_relaxed)) return false;
  in_force_.store(places, std::memory_order_release);  // V1
  return true;
}

match::ReserveSet ReservePlaces::Of(std::uint32_t profile_class) const {
  match::ReserveSet in = 0;
  for (match::ReserveSet rest = in_force_.load(std::memory_order_acquire);
       rest != 0; rest &= rest - 1) {  // V1
    const int place = std::countr_zero(rest);
    const std::uint32_t requirement_class =
        classes_[static_cast<std::size_t>(place)].load(
            std::memory_order_relaxed);  // V1
    if (matcher_->IsEligible(requirement_class, profile_class)) {
      in |= match::ReserveSet{1} << place;
    }
  }
  return in;
}

std::string ReservePlaces::Describe(
    match::ReserveSet places, const std::vector<PlacedReserve>& placed) const {
  std::string text;
  for (const PlacedReserve& one : placed) {
    if ((places >> one.place & 1) == 0) continue;
    const std::int32_t count = matcher_->ReserveNow(one.place).count();
    const Reserve& reserve = one.reserve;
    const std::string_view channel = ChannelName(reserve.channel);
    absl::StrAppend(&text, text.empty() ? "" : "; ", Quoted(reserve.name),
                    " keeps ", reserve.keep, " free for ",
                    absl::string_view(channel.data(), channel.size()), " of ",
                    Quoted(reserve.queue), ": ", std::max(count, 0),
                    " are free, gives again at ", reserve.ResumeAt());
  }
  return text;
}

}  // namespace relais
