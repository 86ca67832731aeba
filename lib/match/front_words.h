// Front words and the protocol that keeps each a lower bound of its lists.
//
// A front stands for one lane (two lists), one idle list, or all lanes of one
// requirement class. Promise: once the publication of an entry is complete, and
// while it is live, the front's image is not above the image of its key; so a
// looker that reads "empty", or a larger image than it already has, need not
// touch the lists.
//
// How it is kept
//   F1  Lower(image) sets the image to the smaller one and always changes the
//       version, even if the image stays.
//   F2  Raise(seen, image) is a CAS from the word that was read *before* the
//       lists were walked. So it fails if any Lower came after that reading.
//   F3  Publishing an entry x: link it; then, unless x was linked behind a last
//       entry p that is, now, live and confirmed, Lower; then confirm x. The
//       publication is complete when this is done and x is live.
//   F4  A walk that raises counts entries that are not live yet as if they
//       were. So it does not matter whether x becomes live before F3 or after.
//
// Why leaving out Lower in F3 is right. p was confirmed, so a Raise whose walk
// did not see p can't succeed any more, and the image is at most p's as long
// as p lives. A walk that saw p while it lived raises at most to p's key, which
// is at most x's, since keys rise along a list. A walk that found p dead came
// after x had been linked, since p was live when x looked after linking: it
// has seen x.
// The same holds one level up: a class's word is lowered after the lane's, and
// raised from the word read before the lanes' words were.
// Why Lower is needed when p is dead: a walk may have ended at p before x was
// linked, found nothing live, and be about to raise the front to "empty".
//
// Thread safety: every member from any thread.
// Progress: lock-free; Lower repeats only when another call changed the word.
//
// Atomics
//   F   front words: Lower's CAS seq_cst <-> loads seq_cst: part of publishing
//       and of the look (matcher.h, M5). Raise's CAS publishes nothing; that it
//       is atomic is enough (F2).
//   P7  confirmed: store(release) <-> load(acquire): who sees x confirmed has
//       its Lower (or that of whom it was linked behind) before it.

#ifndef RELAIS_LIB_MATCH_FRONT_WORDS_H_
#define RELAIS_LIB_MATCH_FRONT_WORDS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "lib/match/front_word.h"
#include "lib/match/ordered_list.h"

namespace relais::match {

template <template <typename> class AtomicT>
class FrontWords {
 public:
  explicit FrontWords(std::size_t count) : words_(count) {
    for (std::size_t i = 0; i < count; ++i) {
      // relaxed: construction happens before every use.
      words_[i].store(FrontWord().bits(), std::memory_order_relaxed);
    }
  }

  FrontWord Load(std::size_t front) const {
    return FrontWord(words_[front].load(std::memory_order_seq_cst));  // F
  }
  // The smallest word of many, which front it is, and the one after it.
  struct Smallest {
    FrontWord first;
    FrontWord second;
    std::size_t front = 0;

    void Add(FrontWord word, std::size_t of) {
      if (word.bits() >= second.bits()) return;
      if (word.bits() >= first.bits()) {
        second = word;
        return;
      }
      second = first;
      first = word;
      front = of;
    }
  };
  // Adds the words of `count` neighbouring fronts.
  void Fold(std::size_t front, std::size_t count, Smallest* smallest) const {
    for (std::size_t i = front; i < front + count; ++i) {
      smallest->Add(Load(i), i);
    }
  }
  // To the image of a key; images rise with the keys of one front.
  void Lower(std::size_t front, std::uint64_t image) {
    // relaxed: only compared.
    std::uint64_t seen = words_[front].load(std::memory_order_relaxed);
    for (;;) {
      const FrontWord word(seen);
      const FrontWord next =
          word.To(image < word.image() ? image : word.image());
      if (words_[front].compare_exchange_weak(seen, next.bits(),
                                              std::memory_order_seq_cst,  // F
                                              std::memory_order_relaxed)) {
        return;
      }
    }
  }
  // Up to `image`; false if that changes nothing, or another change was faster.
  bool Raise(std::size_t front, FrontWord seen, std::uint64_t image) {
    if (image <= seen.image()) return false;
    std::uint64_t expected = seen.bits();
    return words_[front].compare_exchange_strong(
        expected, seen.To(image).bits(), std::memory_order_relaxed,  // F
        std::memory_order_relaxed);
  }

  // F3: whether an entry that was linked as `linked` says, and is live, needs
  // no Lower. `is_live(found)` tells it of another entry.
  template <class Lists, class IsLive>
  static bool Covered(const Lists& lists, const Linked& linked,
                      IsLive is_live) {
    const Found& before = linked.before;
    return linked.last && before.node != kNoNode &&
           lists.At(before.node).confirmed.load(std::memory_order_acquire) ==
               static_cast<std::uint32_t>(before.life) &&  // P7
           is_live(before);
  }
  // The last step of F3. If the node is of another life by now, that one only
  // loses a shortcut.
  template <class Lists>
  static void Confirm(const Lists& lists, NodeIndex node,
                      const Linked& linked) {
    lists.At(node).confirmed.store(static_cast<std::uint32_t>(linked.life),
                                   std::memory_order_release);  // P7
  }

 private:
  mutable ZeroedArray<AtomicT<std::uint64_t>, kZeroIsInitial<AtomicT>> words_;
};

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_FRONT_WORDS_H_
