// Where a value stands ("queues[3].requirement.all_of[0].skill"), made into
// text only when something is wrong there.
//
// Thread safety: values. A path refers to the one before it, which must outlive
// it; names are literals or outlive it, too.

#ifndef RELAIS_LIB_DOMAIN_FIELD_PATH_H_
#define RELAIS_LIB_DOMAIN_FIELD_PATH_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace relais {

class FieldPath {
 public:
  explicit FieldPath(std::string_view root) : name_(root) {}

  FieldPath Field(std::string_view name) const& { return {this, name, kNone}; }
  FieldPath At(std::size_t index) const& { return {this, {}, index}; }
  FieldPath Field(std::string_view name) const&& = delete;
  FieldPath At(std::size_t index) const&& = delete;

  std::string Text() const {
    if (before_ == nullptr) return std::string(name_);
    std::string text = before_->Text();
    if (index_ != kNone) {
      absl::StrAppend(&text, "[", index_, "]");
    } else {
      absl::StrAppend(&text, text.empty() ? "" : ".", std::string(name_));
    }
    return text;
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  FieldPath(const FieldPath* before, std::string_view name, std::size_t index)
      : before_(before), name_(name), index_(index) {}

  const FieldPath* before_ = nullptr;
  std::string_view name_;
  std::size_t index_ = kNone;
};

}  // namespace relais

#endif  // RELAIS_LIB_DOMAIN_FIELD_PATH_H_
