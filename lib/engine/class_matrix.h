// What the class registry fills in the matching core.
//
// Thread safety: implementations take calls from several threads, SetLane one
// at a time, all others one at a time. They are called with a lock of the
// registry held, so they must not call back, look or decide; what looks read at
// the same time is atomic in the core.

#ifndef RELAIS_LIB_ENGINE_CLASS_MATRIX_H_
#define RELAIS_LIB_ENGINE_CLASS_MATRIX_H_

#include <cstdint>

#include "lib/domain/compiled.h"

namespace relais {

class ClassMatrix {
 public:
  virtual ~ClassMatrix() = default;
  // Class id `c` begins to stand for a class of this content, before its first
  // cell is written. Called again when the id is recycled; no contact has it
  // then.
  virtual void SetRequirementClass(std::uint32_t c,
                                   const CompiledRequirement& content) = 0;
  // 0 = not eligible, otherwise | rank:4 | 1 + fit step:4 |. A cell never set
  // is 0.
  virtual void SetCell(std::uint32_t c, std::uint32_t p, std::uint8_t cell) = 0;
  // Class id `p` begins to stand for a class, before its first cell is written.
  // Called again when the id is used again; the core has no agent of it then.
  virtual void SetProfileClass(std::uint32_t p) = 0;
  // `lane` begins to serve a boost of this class; no contact is in it and
  // nobody brings one.
  virtual void SetLane(std::uint32_t lane, std::uint32_t requirement_class) = 0;
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_CLASS_MATRIX_H_
