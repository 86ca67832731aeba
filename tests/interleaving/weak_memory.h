// A memory that keeps each location's history and lets a load return any value
// that C++20 allows for the orders used.
//
// The model. Views, as in the operational readings of RC11 (repaired C11):
//   * A location is the list of its *messages* (stores) in modification order.
//   * A thread has a *view*: for each location the oldest message it may still
//     read. A load takes any message from there on; reading or writing moves
//     the view of that location up (coherence).
//   * A store of order release or stronger attaches the thread's view to its
//     message; a load of order acquire or stronger that reads the message
//     joins it. A read-modify-write keeps what was attached to the message it
//     read, whatever its own order (release sequence).
//   * A read-modify-write reads the last message and is next to it for ever:
//     nothing is placed between.
//   * A store comes last, or (choice) before messages of others which its
//     thread has not seen, unless it is seq_cst.
//   * seq_cst operations stand in one order S. Each seq_cst write takes the
//     next number of S. A seq_cst load reads no message older than the last
//     seq_cst write of the location, of those that precede the load in S: by
//     default all that were executed; with Options::late_loads only those that
//     *happen before* it, i.e. the load may stand as early in S as its thread
//     allows. A seq_cst operation orders nothing else than an acquire or
//     release one: there is no fence in it.
//   * A failed compare-and-swap is a load of its failure order and may fail on
//     an old message although the last one is what is expected.
//
// Weaker than C++20 (may show more): a seq_cst load is not bound by what other
// seq_cst loads saw of stores that are not seq_cst. C++20's words bind it
// (coherence-ordered before); RC11 and the usual code for x86 do not.
//
// Stronger than C++20 (may show less):
//   * No load reads a store that has not been executed yet: no load buffering
//     (with a relaxed store and load only; the core has no such pair that
//     matters), no values out of thin air.
//   * Read-modify-writes and seq_cst stores come last in modification order;
//     no compare_exchange_weak fails spuriously.
//   * "happens before" stands for C++20's "strongly happens before".
//   * Without late_loads, S is the order of execution.
//   * Plain (not atomic) members are not watched: a data race on them is not
//     found here (tsan).
//
// It over-approximates the store buffers of x86: "the store of A waits in its
// buffer" is "the store is executed, and the others read older messages", and
// "A's buffer is drained after B's store" is "A's store comes after B's, or is
// placed before it". What bounds it: the number of *weak choices* (reading not
// the last message, placing a store not last), see Explorer.
//
// Thread safety: none; the simulated threads are fibers of one thread.

#ifndef RELAIS_TESTS_INTERLEAVING_WEAK_MEMORY_H_
#define RELAIS_TESTS_INTERLEAVING_WEAK_MEMORY_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace relais::interleaving {

inline constexpr int kThreadsMax = 4;

inline std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9E37'79B9'7F4A'7C15 + b + 0x632B'E59B'D9B4'E019;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return x ^ (x >> 31);
}

class Memory {
 public:
  struct Options {
    bool late_loads = false;
  };
  // Who decides: returns a number below `options` (at least 2); 0 is what a
  // sequentially consistent machine does.
  class Chooser {
   public:
    virtual ~Chooser() = default;
    virtual int ChooseWeak(int options) = 0;
  };
  // What an access did, for the trace.
  struct Outcome {
    std::uint64_t value = 0;   // read; of a store: written
    std::uint64_t newest = 0;  // before the access
    bool weak = false;         // a weak choice was taken
    bool swapped = false;
  };

  explicit Memory(Chooser& chooser);

  // Forgets all locations.
  void Reset(Options options);

  // `place` names the location, `initial` is its value if it is new. Each
  // returns what happened; `Newest` is then the last value in modification
  // order.
  Outcome Load(int thread, std::uint32_t place, std::uint64_t initial,
               std::memory_order order);
  Outcome Store(int thread, std::uint32_t place, std::uint64_t initial,
                std::uint64_t value, std::memory_order order);
  Outcome CompareExchange(int thread, std::uint32_t place,
                          std::uint64_t initial, std::uint64_t expected,
                          std::uint64_t desired, std::memory_order success,
                          std::memory_order failure);
  // Any other read-modify-write: `change(old)` is the new value.
  template <typename Change>
  Outcome Modify(int thread, std::uint32_t place, std::uint64_t initial,
                 std::memory_order order, Change change) {
    Location& location = At(place, initial);
    const std::uint64_t old = location.messages.back().value;
    const std::uint64_t value = change(old);
    Append(thread, location, value, order);
    Outcome outcome;
    outcome.value = outcome.newest = old;
    return outcome;
  }
  std::uint64_t Newest(std::uint32_t place, std::uint64_t initial) {
    return At(place, initial).messages.back().value;
  }

  // Something that a thread has finished, by number below kMarksMax: whoever
  // has it before in the sense of happens-before knows of the last one.
  static constexpr int kMarksMax = 8;
  void Mark(int thread, int mark);
  bool Knows(int thread, int mark) const;

  // A hash of all that the future depends on, but the numbers of choices left:
  // histories, and what each thread has done and read.
  std::uint64_t Hash() const;

 private:
  // A view of the locations written in this execution, by their number. Those
  // beyond `size` are at the first message.
  static constexpr int kWrittenMax = 256;
  struct View {
    std::uint64_t last = 0;  // the last seq_cst write (number in S) within it
    int size = 0;
    std::array<std::uint16_t, kWrittenMax> at;

    std::uint16_t Of(int number) const {
      return number >= 0 && number < size ? at[static_cast<std::size_t>(number)]
                                          : std::uint16_t{0};
    }
    void Raise(int number, std::uint16_t stamp);
    void Join(const View& other);
    void CopyFrom(const View& other);
  };
  struct Message {
    std::uint64_t value = 0;
    std::uint64_t id = 0;      // of its writer's access; 0: initial
    std::uint64_t number = 0;  // in S; 0: not seq_cst
    int view = -1;             // in views_; -1: nothing attached
    std::uint16_t stamp = 0;   // rises in modification order
    bool modified = false;     // by a read-modify-write: next to the one before
  };
  struct Location {
    std::uint32_t place = 0;
    int number = -1;  // among the locations written
    std::vector<Message> messages;
  };
  struct Thread {
    View view;
    std::uint64_t accesses = 0;
    std::uint64_t hash = 0;
  };

  Location& At(std::uint32_t place, std::uint64_t initial);
  // The index of the oldest message that the thread may read.
  std::size_t Oldest(const Thread& thread, const Location& location,
                     std::memory_order order) const;
  void Read(Thread& thread, const Location& location, const Message& message,
            std::memory_order order);
  void Append(int thread, Location& location, std::uint64_t value,
              std::memory_order order);
  // Puts a message of this thread at `index` of the history.
  void Put(int thread, Location& location, std::size_t index,
           std::uint64_t value, std::memory_order order, bool modified);
  int NewView();

  Chooser& chooser_;
  Options options_;
  std::vector<std::uint32_t> index_of_;  // by place; epoch_ << 12 | index
  std::uint32_t epoch_ = 0;
  std::vector<Location> locations_;
  std::size_t location_count_ = 0;
  int written_ = 0;
  std::vector<View> views_;
  int view_count_ = 0;
  struct MarkState {
    int number = -1;  // as if it were a location
    std::uint16_t stamp = 0;
  };
  std::array<MarkState, kMarksMax> marks_;
  std::uint64_t last_number_ = 0;  // in S
  std::uint64_t histories_ = 0;    // hash
  std::uint64_t order_ = 0;        // hash of S, if it matters
  std::array<Thread, kThreadsMax> threads_;
};

}  // namespace relais::interleaving

#endif  // RELAIS_TESTS_INTERLEAVING_WEAK_MEMORY_H_
