// Golden files: a journal of some format version as text that no database's
// version changes.
//
// tests/journal/golden/v<N>/
//   journal.txt  what the storage holds; an entry begins a line:
//                  record <first sequence>   live <key, hexadecimal>
//                  committed                 (the side file)
//                and its bytes follow in hexadecimal, on lines that begin with
//                two blanks
//   events.txt   each event as text (tests/journal/describe.h)
//   state.txt    the state after the last of them, as text
//
// A field that is added to Describe later must show only where it is not the
// default, so that texts of older versions stay true.
//
// Files of a version that was released are never written again. Those of a
// later one are written anew, as often as that is worked on, with
//   RELAIS_WRITE_GOLDEN=1 build/<preset>/test_bin/journal_golden_test
// run at the root of the repository.

#ifndef RELAIS_TESTS_JOURNAL_GOLDEN_FILES_H_
#define RELAIS_TESTS_JOURNAL_GOLDEN_FILES_H_

#include <string>

#include "lib/journal/memory_storage.h"

namespace relais::journal {

// The last format version that is in a release.
inline constexpr int kReleasedFormatVersion = 1;

struct GoldenFiles {
  std::string journal;
  std::string events;
  std::string state;
};

// Relative to the root of the repository, where tests run.
std::string GoldenDirectory(int version);

// Of a storage whose records are sound.
GoldenFiles MakeGolden(MemoryStorage& storage, const std::string& events,
                       const std::string& state);
// The bytes of journal.txt as a storage again; the test fails if it is not such
// a file.
MemoryStorage StorageOf(const GoldenFiles& golden);

// Empty texts, and a failed test, if they are not there.
GoldenFiles ReadGolden(int version);
// Replaces what is there. False if the version was released, or if the files
// cannot be written.
bool WriteGolden(int version, const GoldenFiles& golden);

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_GOLDEN_FILES_H_
