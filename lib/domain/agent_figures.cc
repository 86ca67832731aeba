#include "lib/domain/agent_figures.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace relais {
namespace {

constexpr auto kPieces = static_cast<std::int64_t>(AgentFigures::kPieces);

// Instants are not negative.
std::int64_t PieceOf(InstantMs at_ms) { return at_ms / AgentFigures::kPieceMs; }

std::size_t PlaceOf(std::int64_t piece) {
  return static_cast<std::size_t>(piece % kPieces);
}

// Makes `piece` the latest; a clock that is behind changes nothing.
void Advance(std::int64_t piece, AgentFigures* figures) {
  if (piece <= figures->piece) return;
  const std::int64_t first = std::max(figures->piece + 1, piece - kPieces + 1);
  for (std::int64_t empty = first; empty <= piece; ++empty) {
    figures->pieces_ms[PlaceOf(empty)] = 0;
  }
  figures->piece = piece;
}

void AddOccupied(InstantMs from_ms, InstantMs to_ms, AgentFigures* figures) {
  if (to_ms <= from_ms) return;
  Advance(PieceOf(to_ms), figures);
  const std::int64_t oldest =
      std::max<std::int64_t>(0, figures->piece - kPieces + 1);
  for (std::int64_t piece = std::max(PieceOf(from_ms), oldest);
       piece <= PieceOf(to_ms); ++piece) {
    const InstantMs begin = std::max(from_ms, piece * AgentFigures::kPieceMs);
    const InstantMs end = std::min(to_ms, (piece + 1) * AgentFigures::kPieceMs);
    figures->pieces_ms[PlaceOf(piece)] +=
        static_cast<std::uint32_t>(end - begin);
  }
}

}  // namespace

bool NeedsAgentFigures(const Configuration& configuration) {
  return std::any_of(configuration.queues.begin(), configuration.queues.end(),
                     [](const ContactQueue& queue) {
                       return queue.agent_choice.order !=
                              AgentOrder::kLongestIdle;
                     });
}

AgentFigures FiguresFrom(InstantMs now_ms, bool holds) {
  AgentFigures figures;
  if (holds) figures.occupied_since_ms = now_ms;
  return figures;
}

void NoteReserved(InstantMs now_ms, bool held_nothing, AgentFigures* figures) {
  figures->offered = true;
  figures->last_offered_ms = now_ms;
  if (held_nothing) figures->occupied_since_ms = now_ms;
}

void NoteAccepted(AgentFigures* figures) { ++figures->contacts; }

void NoteLetGo(InstantMs now_ms, bool holds_nothing, AgentFigures* figures) {
  AddOccupied(figures->occupied_since_ms, now_ms, figures);
  figures->occupied_since_ms =
      holds_nothing ? 0 : std::max(figures->occupied_since_ms, now_ms);
  figures->occupied_ms = OccupiedMs(*figures, now_ms);
}

void NotePresence(InstantMs now_ms, PresenceState before, PresenceState after,
                  bool holds_nothing, AgentFigures* figures) {
  if (before == after) return;
  if (before == PresenceState::kLoggedOut) {
    *figures = FiguresFrom(now_ms, !holds_nothing);
  } else if (after == PresenceState::kAvailable) {
    if (!holds_nothing) return NoteLetGo(now_ms, false, figures);
    figures->occupied_ms = OccupiedMs(*figures, now_ms);
  }
}

DurationMs OccupiedMs(const AgentFigures& figures, InstantMs now_ms) {
  const std::int64_t latest = std::max(figures.piece, PieceOf(now_ms));
  const std::int64_t oldest = std::max<std::int64_t>(0, latest - kPieces + 1);
  DurationMs occupied_ms = 0;
  for (std::int64_t piece = oldest; piece <= figures.piece; ++piece) {
    occupied_ms += figures.pieces_ms[PlaceOf(piece)];
  }
  return occupied_ms;
}

}  // namespace relais
