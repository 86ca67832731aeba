// Goal: an agent's figures are exact: whole milliseconds of occupied time, in
// pieces of five minutes of which the last twelve count.
// Method: small stories; a random one against a list of all occupied times.

#include "lib/domain/agent_figures.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

constexpr DurationMs kPiece = AgentFigures::kPieceMs;

// Reserved and idle again.
void Work(InstantMs from_ms, InstantMs to_ms, AgentFigures* figures) {
  NoteReserved(from_ms, true, figures);
  NoteLetGo(to_ms, true, figures);
}

TEST(AgentFiguresTest, NoneAreNeededForLongestIdle) {
  Configuration configuration;
  EXPECT_FALSE(NeedsAgentFigures(configuration));
  configuration.queues.resize(2);
  EXPECT_FALSE(NeedsAgentFigures(configuration));
  configuration.queues[1].agent_choice.order = AgentOrder::kRoundRobin;
  EXPECT_TRUE(NeedsAgentFigures(configuration));
}

TEST(AgentFiguresTest, ContactsAndOffers) {
  AgentFigures figures = FiguresFrom(5, false);
  EXPECT_EQ(figures, AgentFigures());
  NoteReserved(0, true, &figures);
  EXPECT_TRUE(figures.offered);
  EXPECT_EQ(figures.last_offered_ms, 0);
  EXPECT_EQ(figures.contacts, 0U);
  NoteAccepted(&figures);
  NoteLetGo(10, true, &figures);
  NoteReserved(20, true, &figures);
  NoteReserved(30, false, &figures);  // a second one beside it
  NoteAccepted(&figures);
  EXPECT_EQ(figures.contacts, 2U);
  EXPECT_EQ(figures.last_offered_ms, 30);
  NoteLetGo(40, false, &figures);      // one of them
  EXPECT_EQ(figures.occupied_ms, 30);  // 10, and 20 up to now
  NoteLetGo(50, true, &figures);
  EXPECT_EQ(figures.occupied_ms, 40);  // 10 and 30, counted once
}

TEST(AgentFiguresTest, WhoHoldsSomethingWhenTheyBeginIsOccupiedFromThen) {
  AgentFigures figures = FiguresFrom(1'000, true);
  NoteLetGo(1'700, true, &figures);
  EXPECT_EQ(figures.occupied_ms, 700);
}

TEST(AgentFiguresTest, TheLastHourIsThePieceOfNowAndElevenBefore) {
  AgentFigures figures;
  Work(0, 1'000, &figures);                  // piece 0
  Work(kPiece - 10, kPiece + 20, &figures);  // 10 in 0, 20 in 1
  Work(11 * kPiece, 11 * kPiece + 5, &figures);
  EXPECT_EQ(figures.occupied_ms, 1'035);
  EXPECT_EQ(OccupiedMs(figures, 12 * kPiece - 1), 1'035);
  EXPECT_EQ(OccupiedMs(figures, 12 * kPiece), 25);
  EXPECT_EQ(OccupiedMs(figures, 13 * kPiece), 5);
  EXPECT_EQ(OccupiedMs(figures, 23 * kPiece - 1), 5);
  EXPECT_EQ(OccupiedMs(figures, 23 * kPiece), 0);
  EXPECT_EQ(OccupiedMs(figures, 1'000 * kPiece), 0);
  // As it was when it was taken, until it is taken again.
  EXPECT_EQ(figures.occupied_ms, 1'035);
  NotePresence(12 * kPiece, PresenceState::kNotReady, PresenceState::kAvailable,
               true, &figures);
  EXPECT_EQ(figures.occupied_ms, 25);
}

// Who is never without a contact is occupied all the same.
TEST(AgentFiguresTest, OverlappingContactsAreCountedAsTheyGo) {
  AgentFigures figures;
  NoteReserved(0, true, &figures);
  for (InstantMs now = 1'000; now <= 60'000; now += 1'000) {
    NoteReserved(now - 500, false, &figures);
    NoteLetGo(now, false, &figures);
    EXPECT_EQ(figures.occupied_ms, now);
  }
}

TEST(AgentFiguresTest, PresenceBeginsThemAnewOrTakesThem) {
  using enum PresenceState;
  AgentFigures figures;
  Work(0, 1'000, &figures);
  const AgentFigures before = figures;
  NotePresence(2'000, kAvailable, kAvailable, true, &figures);
  NotePresence(2'000, kAvailable, kNotReady, true, &figures);
  EXPECT_EQ(figures, before);
  // A reservation that met the pause and has not been rescinded yet.
  NoteReserved(3'000, true, &figures);
  NotePresence(3'400, kNotReady, kAvailable, false, &figures);
  EXPECT_EQ(figures.occupied_ms, 1'400);
  NoteLetGo(3'500, true, &figures);
  EXPECT_EQ(figures.occupied_ms, 1'500);
  NotePresence(5'000, kLoggedOut, kNotReady, true, &figures);
  EXPECT_EQ(figures, AgentFigures());
  NotePresence(6'000, kLoggedOut, kAvailable, false, &figures);
  NoteLetGo(6'700, true, &figures);
  EXPECT_EQ(figures.occupied_ms, 700);
}

TEST(AgentFiguresTest, AWorkOfDaysFillsTheHour) {
  AgentFigures figures;
  Work(7, 500 * kPiece, &figures);
  EXPECT_EQ(figures.occupied_ms, 11 * kPiece);
  Work(500 * kPiece, 501 * kPiece - 1, &figures);
  EXPECT_EQ(figures.occupied_ms, 12 * kPiece - 1);
}

// Of a thread whose clock is behind that of another.
TEST(AgentFiguresTest, AClockThatIsBehindDoesNoHarm) {
  AgentFigures figures;
  Work(20 * kPiece, 20 * kPiece + 100, &figures);
  Work(20 * kPiece - 50, 20 * kPiece - 10, &figures);
  EXPECT_EQ(figures.occupied_ms, 140);
  Work(5 * kPiece, 5 * kPiece + 10, &figures);  // long before the hour
  EXPECT_EQ(figures.occupied_ms, 140);
  Work(30, 20, &figures);
  EXPECT_EQ(figures.occupied_ms, 140);
}

TEST(AgentFiguresTest, AsTheSumOverAllOccupiedTimes) {
  Random random(7);
  AgentFigures figures;
  std::vector<std::pair<InstantMs, InstantMs>> all;
  InstantMs now = 0;
  for (int i = 0; i < 3'000; ++i) {
    const auto step = [&] {
      return random.Bernoulli(0.02) ? random.UniformBetween(0, 20 * kPiece)
                                    : random.UniformBetween(0, kPiece / 3);
    };
    now += step();
    const InstantMs from = now;
    now += step();
    Work(from, now, &figures);
    all.emplace_back(from, now);
    const InstantMs at = now + random.UniformBetween(0, 2 * kPiece);
    const InstantMs begin = (at / kPiece - 11) * kPiece;
    DurationMs expected = 0;
    for (const auto& [a, b] : all) {
      expected += std::max<DurationMs>(0, b - std::max(a, begin));
    }
    ASSERT_EQ(OccupiedMs(figures, at), expected) << i;
  }
}

}  // namespace
}  // namespace relais
