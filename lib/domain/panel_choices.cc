#include "lib/domain/panel_choices.h"

#include <algorithm>
#include <cstddef>

namespace relais {
namespace {

constexpr auto kPieces = static_cast<std::int64_t>(PanelChoices::kPieces);

std::int64_t PieceOf(InstantMs at_ms) { return at_ms / PanelChoices::kPieceMs; }

std::size_t PlaceOf(std::int64_t piece) {
  return static_cast<std::size_t>(piece % kPieces);
}

// Makes `piece` the latest, if it is later.
void Advance(std::int64_t piece, PanelChoices* choices) {
  if (piece <= choices->piece) return;
  const std::int64_t first = std::max(choices->piece + 1, piece - kPieces + 1);
  for (std::int64_t empty = first; empty <= piece; ++empty) {
    choices->pieces[PlaceOf(empty)] = 0;
  }
  choices->piece = piece;
}

template <typename Change>
void ForEachCommon(const PanelChoices& other, PanelChoices* choices,
                   Change change) {
  Advance(other.piece, choices);
  for (std::int64_t piece =
           std::max<std::int64_t>(0, choices->piece - kPieces + 1);
       piece <= other.piece; ++piece) {
    if (piece <= other.piece - kPieces) continue;
    change(other.pieces[PlaceOf(piece)], choices->pieces[PlaceOf(piece)]);
  }
}

}  // namespace

void NoteChoice(InstantMs now_ms, PanelChoices* choices) {
  Advance(PieceOf(now_ms), choices);
  ++choices->pieces[PlaceOf(choices->piece)];
}

PanelChoices LatestOf(const PanelChoices& choices) {
  PanelChoices latest;
  latest.piece = choices.piece;
  latest.pieces[PlaceOf(latest.piece)] = 1;
  return latest;
}

void AddChoices(const PanelChoices& more, PanelChoices* choices) {
  ForEachCommon(more, choices,
                [](std::uint32_t a, std::uint32_t& b) { b += a; });
}

void TakeChoices(const PanelChoices& fewer, PanelChoices* choices) {
  ForEachCommon(fewer, choices,
                [](std::uint32_t a, std::uint32_t& b) { b -= std::min(a, b); });
}

std::uint64_t ChoicesAt(const PanelChoices& choices, InstantMs now_ms) {
  const std::int64_t latest = std::max(choices.piece, PieceOf(now_ms));
  const std::int64_t oldest = std::max<std::int64_t>(0, latest - kPieces + 1);
  std::uint64_t count = 0;
  for (std::int64_t piece = oldest; piece <= choices.piece; ++piece) {
    count += choices.pieces[PlaceOf(piece)];
  }
  return count;
}

bool MayBeChosen(std::uint64_t own, std::uint64_t all, std::uint64_t agents,
                 int max_share_percent) {
  if (max_share_percent == 0 || own == 0) return true;
  return (own + 1) * agents * 100 <=
         (all + 1) * static_cast<std::uint64_t>(max_share_percent);
}

}  // namespace relais
