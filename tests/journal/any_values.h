// Values drawn from a seed for tests of the format: any that its fields can
// hold, whether or not they could come to be.

#ifndef RELAIS_TESTS_JOURNAL_ANY_VALUES_H_
#define RELAIS_TESTS_JOURNAL_ANY_VALUES_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/random.h"
#include "lib/journal/codec.h"
#include "relais/event.h"

namespace relais::journal {

// A number of any size, extremes included.
std::uint64_t Any(Random& random);
std::int64_t AnySigned(Random& random);

// Any bytes, as nothing here may depend on what ids look like.
std::string AnyText(Random& random, std::size_t bytes_max);

template <typename T>
T AnyOf(Random& random, T last) {
  return static_cast<T>(random.Uniform(static_cast<std::uint64_t>(last) + 1));
}

Presence AnyPresence(Random& random);
std::shared_ptr<ContactDetail> AnyDetail(Random& random);

// With the detail that belongs to its type.
NumberedEvent AnyNumbered(Random& random, EventType type);

}  // namespace relais::journal

#endif  // RELAIS_TESTS_JOURNAL_ANY_VALUES_H_
