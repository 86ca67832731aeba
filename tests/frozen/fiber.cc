#include "tests/frozen/fiber.h"

#include <utility>

#include "lib/base/assert.h"

namespace relais::frozen {

Fiber* Fiber::current_ = nullptr;

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)),
      stack_(std::make_unique_for_overwrite<char[]>(kStackBytes)) {
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = kStackBytes;
  context_.uc_link = nullptr;
  makecontext(&context_, &Fiber::Enter, 0);
}

bool Fiber::RunUntil(std::uint64_t accesses) {
  RELAIS_CHECK(current_ == nullptr, "a fiber runs another");
  if (ended_) return true;
  limit_ = accesses;
  current_ = this;
  swapcontext(&outside_, &context_);
  current_ = nullptr;
  return ended_;
}

void Fiber::Access(const std::source_location& at) {
  at_ = at;
  // Again after each thaw: the next limit may be the same.
  while (accesses_ >= limit_) swapcontext(&context_, &outside_);
  ++accesses_;
}

std::string Fiber::Where() const {
  const std::string file = at_.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(at_.line());
}

void Fiber::Enter() {
  Fiber* const self = current_;
  self->body_();
  self->ended_ = true;
  swapcontext(&self->context_, &self->outside_);
}

}  // namespace relais::frozen
