// What a look compared: the eight fronts that came first, and how many others.
//
// It lies on the stack of the call that looks, and is written while the look
// goes on; a decision points to it until the sink returns. An entry is either
// what a look found (a waiting contact in a lane, an idle agent of a class) or
// the front word of a class that the look did not need to go into: then nothing
// stands there before `place`, and perhaps nothing at all.
//
// A class that is gone into gives its front up (Drop) for what is found there:
// a front word that is out of date, or of contacts that the agent declined,
// does not stand in the list in the end. It may have pushed another out of it
// before; then the list is Incomplete, and what was compared is read once more.
//
// Thread safety: belongs to the calling thread.
//
// Cost: one comparison and one write of 24 bytes for each class that is not
// empty; beyond eight, one comparison for each class that comes later than all
// that are kept.

#ifndef RELAIS_LIB_MATCH_COMPARED_H_
#define RELAIS_LIB_MATCH_COMPARED_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace relais::match {

inline constexpr std::size_t kComparedMax = 8;

struct ComparedFront {
  static constexpr std::uint32_t kNotFound = 0xFFFF'FFFF;

  // Without initial values: a look need not write what it does not keep.
  std::uint64_t place;  // smaller comes first (matcher.h, M9)
  std::int64_t key;     // of what was found
  std::uint32_t of;     // requirement class, kHeldClass or profile class
  std::uint32_t found;  // the lane or agent; kNotFound: a front word

  bool is_found() const { return found != kNotFound; }
};

class Compared {
 public:
  std::size_t size() const { return size_; }
  const ComparedFront& operator[](std::size_t i) const { return kept_[i]; }
  // Fronts that were not empty and came later than all that are kept.
  std::uint32_t others() const { return others_; }

  void Clear() {
    size_ = 0;
    others_ = 0;
    lost_ = kNothing;
  }
  // Something that is not kept comes before, or would have room beside, what
  // is.
  bool Incomplete() const {
    return lost_ != kNothing &&
           (size_ < kComparedMax || lost_ < kept_[last_].place);
  }
  void AddFront(std::uint64_t place, std::uint32_t of) {
    Add({place, 0, of, ComparedFront::kNotFound});
  }
  void AddFound(std::uint64_t place, std::int64_t key, std::uint32_t of,
                std::uint32_t found) {
    Add({place, key, of, found});
  }
  // The front of the class no longer counts: the look goes into it.
  void Drop(std::uint32_t of) {
    for (std::size_t i = 0; i < size_; ++i) {
      if (kept_[i].of != of || kept_[i].is_found()) continue;
      kept_[i] = kept_[--size_];
      if (last_ >= size_ || last_ == i) FindLast();
      return;
    }
    if (others_ > 0) --others_;
  }

 private:
  static constexpr std::uint64_t kNothing = ~std::uint64_t{0};

  void Add(const ComparedFront& front) {
    if (size_ < kComparedMax) {
      kept_[size_] = front;
      if (size_ == 0 || front.place > kept_[last_].place) last_ = size_;
      ++size_;
      return;
    }
    ++others_;
    if (front.place >= kept_[last_].place) {
      Lose(front.place);
      return;
    }
    Lose(kept_[last_].place);
    kept_[last_] = front;
    FindLast();
  }
  void Lose(std::uint64_t place) {
    if (place < lost_) lost_ = place;
  }
  void FindLast() {
    last_ = 0;
    for (std::size_t i = 1; i < size_; ++i) {
      if (kept_[i].place > kept_[last_].place) last_ = i;
    }
  }

  std::size_t size_ = 0;
  std::size_t last_ = 0;  // which of them comes last
  std::uint32_t others_ = 0;
  std::uint64_t lost_ = kNothing;  // the smallest place that is not kept
  std::array<ComparedFront, kComparedMax> kept_;  // the first size_
};

}  // namespace relais::match

#endif  // RELAIS_LIB_MATCH_COMPARED_H_
