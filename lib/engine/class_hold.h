// Keeps a class, and so its lanes, from being given to another content.
//
// Thread safety: belongs to one thread at a time.

#ifndef RELAIS_LIB_ENGINE_CLASS_HOLD_H_
#define RELAIS_LIB_ENGINE_CLASS_HOLD_H_

#include <cstdint>
#include <utility>

#include "lib/engine/class_registry.h"

namespace relais {

class ClassHold {
 public:
  ClassHold() = default;
  ClassHold(ClassRegistry* classes, std::uint32_t id)
      : classes_(classes), id_(id) {
    classes_->AddRequirementReference(id_);
  }
  ClassHold(ClassHold&& other) noexcept
      : classes_(std::exchange(other.classes_, nullptr)), id_(other.id_) {}
  ClassHold& operator=(ClassHold&& other) noexcept {
    std::swap(classes_, other.classes_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~ClassHold() {
    if (classes_ != nullptr) classes_->ReleaseRequirement(id_);
  }

 private:
  ClassRegistry* classes_ = nullptr;
  std::uint32_t id_ = 0;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CLASS_HOLD_H_
