#include "server/yaml_message.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "lib/domain/error.h"
#include "lib/domain/utf8.h"
#include "server/nearest.h"
#include "yaml-cpp/yaml.h"

namespace relais::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Aliases let a small file stand for a huge one; a centre of 10,000 agents
// with twenty skills each has about 700,000 values.
constexpr std::size_t kValuesMax = 1'500'000;
constexpr std::size_t kProblemsMax = 10'000;

// "20s" -> 20000; false if it is no duration.
bool ParseDurationMs(const std::string& text, std::int64_t* milliseconds) {
  const std::size_t digits = text.find_first_not_of("-0123456789");
  if (digits == std::string::npos) {
    return absl::SimpleAtoi(text, milliseconds);
  }
  static const std::pair<const char*, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}};
  std::int64_t count = 0;
  if (!absl::SimpleAtoi(text.substr(0, digits), &count)) return false;
  for (const auto& [unit, factor] : kUnits) {
    if (text.substr(digits) != unit) continue;
    return !__builtin_mul_overflow(count, factor, milliseconds);
  }
  return false;
}

// CHANNEL_VOICE of Channel -> "voice".
std::string ShortName(const google::protobuf::EnumValueDescriptor& value) {
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(static_cast<unsigned char>(c)) && !prefix.empty()) {
      prefix += '_';
    }
    prefix += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return absl::AsciiStrToLower(
      absl::StripPrefix(value.name(), absl::StrCat(prefix, "_")));
}

std::vector<std::string> ShortNames(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() != 0)
      names.push_back(ShortName(*type.value(i)));
  }
  return names;
}

std::string KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return Quoted(node.Scalar());
    default:
      return "nothing";
  }
}

class Filler {
 public:
  explicit Filler(YamlOutcome* outcome) : outcome_(outcome) {}

  void Fill(const YAML::Node& node, const std::string& path, Message* message);

 private:
  void FillField(const YAML::Node& node, const std::string& path,
                 const FieldDescriptor& field, Message* message);
  void FillOne(const YAML::Node& node, const std::string& path,
               const FieldDescriptor& field, Message* message);
  void FillScalar(const YAML::Node& node, const std::string& path,
                  const FieldDescriptor& field, Message* message);
  void FillEnum(const std::string& text, const YAML::Mark& mark,
                const std::string& path, const FieldDescriptor& field,
                Message* message);
  void FillBool(const std::string& text, const YAML::Mark& mark,
                const std::string& path, const FieldDescriptor& field,
                Message* message);
  void UnknownKey(const std::string& key, const YAML::Mark& mark,
                  const std::string& path, const Descriptor& type);

  void Add(const YAML::Mark& mark, const std::string& path,
           std::string message) {
    if (outcome_->problems.size() > kProblemsMax) return;
    if (outcome_->problems.size() == kProblemsMax) {
      message = absl::StrCat("and more; these are the first ", kProblemsMax);
    }
    outcome_->problems.push_back(
        {{mark.line + 1, mark.column + 1}, path, std::move(message)});
  }
  // False once the file stands for too much, which is said once.
  bool Count(const YAML::Mark& mark, const std::string& path) {
    if (++values_ == kValuesMax + 1) {
      outcome_->whole = false;
      Add(mark, path,
          absl::StrCat("the file stands for more than ", kValuesMax,
                       " values"));
    }
    return values_ <= kValuesMax;
  }
  void Place(const YAML::Mark& mark, const std::string& path) {
    outcome_->places.emplace(path, YamlPlace{mark.line + 1, mark.column + 1});
  }

  YamlOutcome* const outcome_;
  std::size_t values_ = 0;
};

void Filler::Fill(const YAML::Node& node, const std::string& path,
                  Message* message) {
  if (!node.IsMap()) {
    Add(node.Mark(), path,
        absl::StrCat("is ", KindOf(node), "; it has to be a map of keys"));
    return;
  }
  std::map<std::string, int> first_lines;
  for (const auto& entry : node) {
    const YAML::Mark mark = entry.first.Mark();
    if (!entry.first.IsScalar()) {
      Add(mark, path,
          absl::StrCat("a key is ", KindOf(entry.first), "; keys are names"));
      continue;
    }
    const std::string& key = entry.first.Scalar();
    const std::string here = path.empty() ? key : absl::StrCat(path, ".", key);
    const auto [first, is_new] = first_lines.emplace(key, mark.line + 1);
    if (!is_new) {
      Add(mark, here,
          absl::StrCat("is given twice, first in line ", first->second));
      continue;
    }
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(key);
    if (field == nullptr) {
      UnknownKey(key, mark, path, *message->GetDescriptor());
      continue;
    }
    Place(mark, here);
    FillField(entry.second, here, *field, message);
  }
}

void Filler::UnknownKey(const std::string& key, const YAML::Mark& mark,
                        const std::string& path, const Descriptor& type) {
  std::vector<std::string> known;
  known.reserve(static_cast<std::size_t>(type.field_count()));
  for (int i = 0; i < type.field_count(); ++i) {
    known.push_back(type.field(i)->name());
  }
  std::string help = DidYouMean(key, known);
  if (help.empty()) {
    help = absl::StrCat("; known here: ", absl::StrJoin(known, ", "));
  }
  Add(mark, path.empty() ? key : absl::StrCat(path, ".", key),
      absl::StrCat("unknown key ", Quoted(key), help));
}

void Filler::FillField(const YAML::Node& node, const std::string& path,
                       const FieldDescriptor& field, Message* message) {
  if (!Count(node.Mark(), path)) return;
  if (node.IsNull()) {
    Add(node.Mark(), path, "has no value; give it one or leave the key out");
    return;
  }
  if (!field.is_repeated()) {
    FillOne(node, path, field, message);
    return;
  }
  if (!node.IsSequence()) {
    Add(node.Mark(), path,
        absl::StrCat("is ", KindOf(node), "; it has to be a list"));
    return;
  }
  std::size_t index = 0;
  for (const YAML::Node& element : node) {
    const std::string here = absl::StrCat(path, "[", index++, "]");
    if (!Count(element.Mark(), here)) return;
    Place(element.Mark(), here);
    FillOne(element, here, field, message);
  }
}

void Filler::FillOne(const YAML::Node& node, const std::string& path,
                     const FieldDescriptor& field, Message* message) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    const Reflection& reflection = *message->GetReflection();
    Fill(node, path,
         field.is_repeated() ? reflection.AddMessage(message, &field)
                             : reflection.MutableMessage(message, &field));
  } else if (!node.IsScalar()) {
    Add(node.Mark(), path,
        absl::StrCat("is ", KindOf(node), "; it has to be a single value"));
  } else {
    FillScalar(node, path, field, message);
  }
}

void Filler::FillScalar(const YAML::Node& node, const std::string& path,
                        const FieldDescriptor& field, Message* message) {
  const std::string& text = node.Scalar();
  const Reflection& reflection = *message->GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (!IsValidUtf8(text)) {
        Add(node.Mark(), path, absl::StrCat(Quoted(text), " is not UTF-8"));
      } else if (repeated) {
        reflection.AddString(message, &field, text);
      } else {
        reflection.SetString(message, &field, text);
      }
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      FillEnum(text, node.Mark(), path, field, message);
      return;
    case FieldDescriptor::CPPTYPE_INT32: {
      std::int32_t value = 0;
      if (!absl::SimpleAtoi(text, &value)) {
        Add(node.Mark(), path,
            absl::StrCat("is ", Quoted(text), "; it has to be a whole number"));
      } else if (repeated) {
        reflection.AddInt32(message, &field, value);
      } else {
        reflection.SetInt32(message, &field, value);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const bool duration = absl::EndsWith(field.name(), "_ms");
      std::int64_t value = 0;
      if (duration ? !ParseDurationMs(text, &value)
                   : !absl::SimpleAtoi(text, &value)) {
        Add(node.Mark(), path,
            absl::StrCat("is ", Quoted(text), "; it has to be ",
                         duration ? "a whole number of milliseconds, or one "
                                    "with a unit: 500ms, 20s, 5min, 4h"
                                  : "a whole number"));
      } else if (repeated) {
        reflection.AddInt64(message, &field, value);
      } else {
        reflection.SetInt64(message, &field, value);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      FillBool(text, node.Mark(), path, field, message);
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      double value = 0;
      if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) {
        Add(node.Mark(), path,
            absl::StrCat("is ", Quoted(text),
                         "; it has to be a number such as 0.8"));
      } else if (repeated) {
        reflection.AddDouble(message, &field, value);
      } else {
        reflection.SetDouble(message, &field, value);
      }
      return;
    }
    default:
      Add(node.Mark(), path,
          absl::StrCat("cannot be given in a file: fields of type ",
                       field.cpp_type_name(), " are not read"));
  }
}

void Filler::FillEnum(const std::string& text, const YAML::Mark& mark,
                      const std::string& path, const FieldDescriptor& field,
                      Message* message) {
  const EnumDescriptor& type = *field.enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0 || ShortName(*type.value(i)) != text) {
      continue;
    }
    if (field.is_repeated()) {
      message->GetReflection()->AddEnum(message, &field, type.value(i));
    } else {
      message->GetReflection()->SetEnum(message, &field, type.value(i));
    }
    return;
  }
  const std::vector<std::string> known = ShortNames(type);
  Add(mark, path,
      absl::StrCat("unknown value ", Quoted(text), DidYouMean(text, known),
                   " (known: ", absl::StrJoin(known, ", "), ")"));
}

void Filler::FillBool(const std::string& text, const YAML::Mark& mark,
                      const std::string& path, const FieldDescriptor& field,
                      Message* message) {
  const bool value = text == "true";
  if (!value && text != "false") {
    Add(mark, path,
        absl::StrCat("is ", Quoted(text), "; it has to be true or false"));
  } else if (field.is_repeated()) {
    message->GetReflection()->AddBool(message, &field, value);
  } else {
    message->GetReflection()->SetBool(message, &field, value);
  }
}

// "0.8" and not "0.80000000000000004", as long as it reads back the same.
std::string ShortestDouble(double value) {
  std::string text = absl::StrFormat("%.15g", value);
  double back = 0;
  if (!absl::SimpleAtod(text, &back) || back != value) {
    text = absl::StrFormat("%.17g", value);
  }
  return text;
}

void EmitMessage(const Message& message, YAML::Emitter* out);

void EmitValue(const Message& message, const FieldDescriptor& field, int index,
               YAML::Emitter* out) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      EmitMessage(repeated
                      ? reflection.GetRepeatedMessage(message, &field, index)
                      : reflection.GetMessage(message, &field),
                  out);
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      *out << ShortName(
          *(repeated ? reflection.GetRepeatedEnum(message, &field, index)
                     : reflection.GetEnum(message, &field)));
      return;
    case FieldDescriptor::CPPTYPE_STRING:
      *out << (repeated ? reflection.GetRepeatedString(message, &field, index)
                        : reflection.GetString(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_INT32:
      *out << (repeated ? reflection.GetRepeatedInt32(message, &field, index)
                        : reflection.GetInt32(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_INT64:
      *out << (repeated ? reflection.GetRepeatedInt64(message, &field, index)
                        : reflection.GetInt64(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      *out << (repeated ? reflection.GetRepeatedBool(message, &field, index)
                        : reflection.GetBool(message, &field));
      return;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      *out << ShortestDouble(
          repeated ? reflection.GetRepeatedDouble(message, &field, index)
                   : reflection.GetDouble(message, &field));
      return;
    default:
      *out << YAML::Null;  // FillScalar reads no other type either
  }
}

void EmitMessage(const Message& message, YAML::Emitter* out) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  *out << YAML::BeginMap;
  for (const FieldDescriptor* field : fields) {
    *out << YAML::Key << field->name() << YAML::Value;
    if (!field->is_repeated()) {
      EmitValue(message, *field, 0, out);
      continue;
    }
    const bool short_values =
        field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
    if (short_values) *out << YAML::Flow;
    *out << YAML::BeginSeq;
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      EmitValue(message, *field, i, out);
    }
    *out << YAML::EndSeq;
  }
  *out << YAML::EndMap;
}

}  // namespace

std::string ToYaml(const Message& message) {
  YAML::Emitter out;
  EmitMessage(message, &out);
  return std::string(out.c_str(), out.size()) + "\n";
}

std::string EnumValueShortName(const EnumDescriptor& type, int number) {
  const auto* value = type.FindValueByNumber(number);
  return value == nullptr ? absl::StrCat(number) : ShortName(*value);
}

YamlOutcome FillFromYamlNode(const YAML::Node& node, const std::string& path,
                             Message* message) {
  YamlOutcome outcome;
  Filler(&outcome).Fill(node, path, message);
  return outcome;
}

YamlOutcome FillFromYaml(const std::string& text, Message* message) {
  YamlOutcome outcome;
  const auto whole = [&outcome](int line, int column, std::string problem) {
    outcome.whole = false;
    outcome.problems.push_back({{line, column}, "", std::move(problem)});
  };
  // yaml-cpp throws; nothing leaves this room.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents.front().IsNull()) {
      whole(0, 0, "is empty; give at least skills, agents and queues");
    } else if (documents.size() > 1) {
      whole(documents[1].Mark().line + 1, 1,
            "holds a second document; a configuration is one");
    } else {
      Filler(&outcome).Fill(documents.front(), "", message);
    }
  } catch (const YAML::Exception& problem) {
    whole(problem.mark.line + 1, problem.mark.column + 1,
          absl::StrCat("is no YAML: ", problem.msg));
  }
  return outcome;
}

}  // namespace relais::server
