#include "server/utf8_check.h"

#include <memory>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/message.h"
#include "lib/domain/utf8.h"

namespace relais::server {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::DescriptorProto;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The same message with every string read as bytes. Maps become the lists of
// pairs that they are on the wire, because a map's key cannot be bytes.
void ReadStringsAsBytes(DescriptorProto* message) {
  message->mutable_options()->clear_map_entry();
  for (FieldDescriptorProto& field : *message->mutable_field()) {
    if (field.type() == FieldDescriptorProto::TYPE_STRING) {
      field.set_type(FieldDescriptorProto::TYPE_BYTES);
    }
  }
  for (DescriptorProto& nested : *message->mutable_nested_type()) {
    ReadStringsAsBytes(&nested);
  }
}

void AddFile(const FileDescriptor& file, DescriptorPool* pool,
             std::set<const FileDescriptor*>* added) {
  if (!added->insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i) {
    AddFile(*file.dependency(i), pool, added);
  }
  FileDescriptorProto copy;
  file.CopyTo(&copy);
  for (DescriptorProto& message : *copy.mutable_message_type()) {
    ReadStringsAsBytes(&message);
  }
  pool->BuildFile(copy);
}

std::string FirstNotUtf8(const Message& message, const std::string& path);

std::string FirstNotUtf8InField(const Message& message,
                                const FieldDescriptor& field,
                                const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  const int count = repeated ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    const std::string here = repeated ? absl::StrCat(path, "[", i, "]") : path;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      std::string found = FirstNotUtf8(
          repeated ? reflection.GetRepeatedMessage(message, &field, i)
                   : reflection.GetMessage(message, &field),
          here);
      if (!found.empty()) return found;
    } else if (field.type() == FieldDescriptor::TYPE_BYTES) {
      const std::string text =
          repeated ? reflection.GetRepeatedString(message, &field, i)
                   : reflection.GetString(message, &field);
      if (!IsValidUtf8(text)) return here;
    }
  }
  return "";
}

std::string FirstNotUtf8(const Message& message, const std::string& path) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    std::string found = FirstNotUtf8InField(
        message, *field,
        path.empty() ? field->name() : absl::StrCat(path, ".", field->name()));
    if (!found.empty()) return found;
  }
  return "";
}

}  // namespace

std::string FieldNotUtf8(const Descriptor& descriptor, std::string_view bytes) {
  DescriptorPool pool;
  std::set<const FileDescriptor*> added;
  AddFile(*descriptor.file(), &pool, &added);
  const Descriptor* lenient =
      pool.FindMessageTypeByName(descriptor.full_name());
  if (lenient == nullptr) return "";
  DynamicMessageFactory factory(&pool);
  const std::unique_ptr<Message> message(factory.GetPrototype(lenient)->New());
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return "";
  }
  return FirstNotUtf8(*message, "");
}

}  // namespace relais::server
