// The journal that the golden files hold: a short history by hand in which
// every type of event, every kind of live record and every field appears.
//
// The files of the present format version are compared with what it gives, so
// it changes with them and only with them (golden_files.h). What it gave when
// an earlier version was released is in that version's files.

#ifndef RELAIS_TESTS_JOURNAL_GOLDEN_HISTORY_H_
#define RELAIS_TESTS_JOURNAL_GOLDEN_HISTORY_H_

#include <vector>

#include "lib/journal/codec.h"
#include "lib/journal/journal.h"
#include "lib/journal/memory_storage.h"

namespace relais::journal {

// How the golden journal is opened: of partition 3, under a time scale.
JournalOptions GoldenOptions();

// The events, from number 1 on.
std::vector<NumberedEvent> GoldenEvents();

// What the present code writes for them: two lives, records of one event and
// of several.
MemoryStorage WriteGoldenJournal();

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_GOLDEN_HISTORY_H_
