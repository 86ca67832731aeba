// A large array whose pages are taken when they are first touched.
//
// What it is: memory of a fixed size from the operating system, zeroed, on huge
// pages where the system gives them. When to use: tables sized by a limit of
// which most runs touch a part. When not: small arrays, or types whose zero
// bytes are not a valid initial value.
//
// Thread safety: that of an array.

#ifndef RELAIS_LIB_BASE_ZEROED_ARRAY_H_
#define RELAIS_LIB_BASE_ZEROED_ARRAY_H_

#include <cstddef>
#include <memory>
#include <type_traits>

namespace relais {

// Zeroed memory, aligned to a page; ends the process if there is none.
void* TakeZeroedMemory(std::size_t bytes);
void GiveBackZeroedMemory(void* memory, std::size_t bytes) noexcept;

// `kZeroIsInitial`: zero bytes are what T's constructor makes, so constructing
// is left out (and with it the touching of every page).
template <typename T, bool kZeroIsInitial>
class ZeroedArray {
 public:
  explicit ZeroedArray(std::size_t size)
      : size_(size),
        data_(static_cast<T*>(TakeZeroedMemory(size * sizeof(T)))) {
    static_assert(!kZeroIsInitial || std::is_trivially_destructible_v<T>);
    if constexpr (!kZeroIsInitial) {
      std::uninitialized_value_construct_n(data_, size_);
    }
  }
  ~ZeroedArray() {
    if constexpr (!kZeroIsInitial) std::destroy_n(data_, size_);
    GiveBackZeroedMemory(data_, size_ * sizeof(T));
  }
  ZeroedArray(const ZeroedArray&) = delete;
  ZeroedArray& operator=(const ZeroedArray&) = delete;

  std::size_t size() const { return size_; }
  T& operator[](std::size_t index) { return data_[index]; }
  const T& operator[](std::size_t index) const { return data_[index]; }

 private:
  const std::size_t size_;
  T* const data_;
};

}  // namespace relais

#endif  // RELAIS_LIB_BASE_ZEROED_ARRAY_H_
