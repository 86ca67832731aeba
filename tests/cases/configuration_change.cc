#include "tests/cases/configuration_change.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "lib/domain/error.h"

namespace relais::cases {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The field by which entries of this list are known: their first, a text.
// nullptr if they have no name.
const FieldDescriptor* NameOfEntries(const FieldDescriptor& list) {
  if (list.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
  const FieldDescriptor* first = list.message_type()->FindFieldByNumber(1);
  if (first == nullptr || first->is_repeated() ||
      first->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return nullptr;
  }
  return first;
}

// The entry's place; -1 if there is none of that name.
int PlaceOf(const Message& message, const FieldDescriptor& list,
            const std::string& name) {
  const FieldDescriptor* field = NameOfEntries(list);
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < reflection.FieldSize(message, &list); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &list, i);
    if (entry.GetReflection()->GetString(entry, field) == name) return i;
  }
  return -1;
}

void ChangeList(const Message& change, const FieldDescriptor& list,
                Message* message) {
  const FieldDescriptor* name = NameOfEntries(list);
  const auto& reflection = *message->GetReflection();
  for (int i = 0; i < reflection.FieldSize(change, &list); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(change, &list, i);
    const int place =
        PlaceOf(*message, list, entry.GetReflection()->GetString(entry, name));
    Message* to =
        place < 0 ? reflection.AddMessage(message, &list)
                  : reflection.MutableRepeatedMessage(message, &list, place);
    to->CopyFrom(entry);
  }
}

}  // namespace

void ChangeConfiguration(const v1::Configuration& change,
                         v1::Configuration* configuration) {
  // What is no list of named entries is replaced whole.
  v1::Configuration rest = change;
  const auto& reflection = *change.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(change, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated() && NameOfEntries(*field) != nullptr) {
      ChangeList(change, *field, configuration);
      reflection.ClearField(&rest, field);
    } else {
      reflection.ClearField(configuration, field);
    }
  }
  configuration->MergeFrom(rest);
}

void RemoveFromConfiguration(const YAML::Node& names, YamlParts* parts,
                             v1::Configuration* configuration) {
  std::vector<std::string> known;
  const auto& type = *v1::Configuration::descriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->is_repeated() && NameOfEntries(*type.field(i))) {
      known.push_back(type.field(i)->name());
    }
  }
  for (const Entry& entry : parts->Entries(names, "remove", known)) {
    const FieldDescriptor& list = *type.FindFieldByName(entry.key);
    for (const YAML::Node& node : parts->OneOrMore(entry.value)) {
      const std::string name = parts->Text(node, entry.key);
      const int place = PlaceOf(*configuration, list, name);
      if (place < 0) {
        parts->Add(LineOf(node), absl::StrCat("remove: ", Quoted(name),
                                              " is not in ", entry.key));
        continue;
      }
      const auto& reflection = *configuration->GetReflection();
      const int last = reflection.FieldSize(*configuration, &list) - 1;
      for (int i = place; i < last; ++i) {
        reflection.SwapElements(configuration, &list, i, i + 1);
      }
      reflection.RemoveLast(configuration, &list);
    }
  }
}

}  // namespace relais::cases
