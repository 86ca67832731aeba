// Goal: choices of the last four hours, whatever came before and however long
// ago, and whether one more is a fair share. Method: by hand, against a list of
// instants.

#include "lib/domain/panel_choices.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "lib/base/random.h"

namespace relais {
namespace {

constexpr InstantMs kPiece = PanelChoices::kPieceMs;

TEST(PanelChoicesTest, FifteenPiecesCount) {
  PanelChoices choices;
  NoteChoice(5, &choices);
  NoteChoice(kPiece, &choices);
  EXPECT_EQ(ChoicesAt(choices, kPiece), 2U);
  EXPECT_EQ(ChoicesAt(choices, 15 * kPiece - 1), 2U);
  EXPECT_EQ(ChoicesAt(choices, 15 * kPiece), 1U);
  EXPECT_EQ(ChoicesAt(choices, 16 * kPiece), 0U);
  // A clock that is behind sees what is known.
  EXPECT_EQ(ChoicesAt(choices, 0), 2U);
  NoteChoice(100 * kPiece, &choices);
  EXPECT_EQ(ChoicesAt(choices, 100 * kPiece), 1U);
  NoteChoice(0, &choices);
  EXPECT_EQ(ChoicesAt(choices, 100 * kPiece), 2U);
}

TEST(PanelChoicesTest, SumsAreThoseOfAllInstants) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    PanelChoices sum;
    std::vector<InstantMs> all;
    InstantMs latest = 0;
    std::vector<PanelChoices> of(4);
    for (PanelChoices& one : of) {
      InstantMs now = 0;
      for (std::uint64_t i = random.Uniform(20); i > 0; --i) {
        now += random.UniformBetween(0, 3 * kPiece);
        NoteChoice(now, &one);
        if (&one != &of.front()) all.push_back(now);
        latest = std::max(latest, now);
      }
      AddChoices(one, &sum);
    }
    TakeChoices(of.front(), &sum);
    std::uint64_t expected = 0;
    for (const InstantMs at : all) {
      if (at / kPiece > latest / kPiece - 15) ++expected;
    }
    EXPECT_EQ(ChoicesAt(sum, latest), expected) << round;
  }
}

TEST(PanelChoicesTest, TheLatestIsTakenBackAlone) {
  PanelChoices own;
  NoteChoice(5, &own);
  NoteChoice(3 * kPiece, &own);
  NoteChoice(3 * kPiece, &own);
  PanelChoices all = own;
  NoteChoice(4 * kPiece, &all);
  TakeChoices(LatestOf(own), &all);
  TakeChoices(LatestOf(own), &own);
  EXPECT_EQ(ChoicesAt(own, 3 * kPiece), 2U);
  EXPECT_EQ(ChoicesAt(own, 15 * kPiece), 1U);
  EXPECT_EQ(ChoicesAt(all, 4 * kPiece), 3U);
  EXPECT_EQ(ChoicesAt(all, 15 * kPiece), 2U);
}

TEST(PanelChoicesTest, AtMostTheShareOfTheMean) {
  // The first one, and without a guard any.
  EXPECT_TRUE(MayBeChosen(0, 0, 10, 150));
  EXPECT_TRUE(MayBeChosen(0, 100, 10, 150));
  EXPECT_TRUE(MayBeChosen(50, 50, 10, 0));
  // Ten agents with 99 others' choices in all: 1.5 x 10 with this one.
  EXPECT_TRUE(MayBeChosen(14, 99, 10, 150));
  EXPECT_FALSE(MayBeChosen(15, 99, 10, 150));
  // Alone the mean is its own.
  EXPECT_TRUE(MayBeChosen(1'000, 1'000, 1, 100));
  EXPECT_FALSE(MayBeChosen(1, 1, 2, 150));
}

}  // namespace
}  // namespace relais
