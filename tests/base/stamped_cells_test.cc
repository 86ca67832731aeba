// Goal: what is read is what one write left, whole; a writer never waits.
// Method: cells in one thread, then two writers and two readers for a while;
// every word of a write tells its number. All schedules of a small cell are in
// tests/interleaving/records_test.cc.

#include "lib/base/stamped_cells.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace relais {
namespace {

constexpr std::size_t kWords = 9;
using Cells = StampedCells<std::atomic, kWords>;

auto All(std::uint64_t word) {
  return [word](auto put) {
    for (std::size_t i = 0; i < kWords; ++i) put(i, word);
  };
}

TEST(StampedCellsTest, ACellThatWasNotWrittenTellsSo) {
  const Cells cells(3);
  Cells::Words words{};
  EXPECT_EQ(cells.Read(1, &words), 0U);
}

TEST(StampedCellsTest, TheLastWriteIsRead) {
  Cells cells(3);
  cells.Write(1, All(5));
  cells.Write(1, [](auto put) { put(2, 7); });
  Cells::Words words{};
  EXPECT_NE(cells.Read(1, &words), 0U);
  EXPECT_EQ(words[2], 7U);
  EXPECT_EQ(words[3], 5U) << "what a write leaves out stays";
  EXPECT_EQ(cells.Read(0, &words), 0U);
  EXPECT_EQ(cells.Read(2, &words), 0U);
}

TEST(StampedCellsTest, NumberedWritesRiseAndTellTheirNumber) {
  Cells cells(1);
  Cells::Words words{};
  EXPECT_TRUE(cells.TryWrite(0, 0, All(1)));
  EXPECT_EQ(cells.Read(0, &words), Cells::StampOf(0));
  EXPECT_TRUE(cells.TryWrite(0, 4, All(2)));
  EXPECT_FALSE(cells.TryWrite(0, 3, All(3))) << "a later one was there";
  EXPECT_FALSE(cells.TryWrite(0, 4, All(3)));
  EXPECT_EQ(cells.Read(0, &words), Cells::StampOf(4));
  EXPECT_EQ(words[8], 2U);
}

TEST(StampedCellsTest, AWriterGivesUpBesideAnotherAndAReaderToo) {
  Cells cells(1);
  bool tried = true;
  std::uint64_t stamp = 1;
  EXPECT_TRUE(cells.TryWrite(0, 0, [&](auto put) {
    put(0, 1);
    tried = cells.TryWrite(0, 1, All(2));
    Cells::Words words{};
    stamp = cells.Read(0, &words);
  }));
  EXPECT_FALSE(tried);
  EXPECT_EQ(stamp, 0U);
}

TEST(StampedCellsTest, WhatIsReadBesideWritersIsWhole) {
  Cells cells(4);
  std::atomic<std::uint64_t> next{0};
  std::atomic<int> writing{2};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 100'000; ++n) {
        const std::uint64_t number = next.fetch_add(1);
        cells.TryWrite(number % 4, number, All(number));
      }
      --writing;
    });
  }
  std::atomic<std::uint64_t> torn{0};
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (writing > 0) {
        for (std::size_t cell = 0; cell < 4; ++cell) {
          Cells::Words words{};
          const std::uint64_t stamp = cells.Read(cell, &words);
          if (stamp == 0) continue;
          for (const std::uint64_t word : words) {
            if (Cells::StampOf(word) != stamp) ++torn;
          }
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(torn, 0U);
}

}  // namespace
}  // namespace relais
