// Fills any protobuf message from YAML and writes it, by reflection.
//
// Thread safety: pure function.

#ifndef RELAIS_SERVER_YAML_MESSAGE_H_
#define RELAIS_SERVER_YAML_MESSAGE_H_

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace YAML {
class Node;
}  // namespace YAML

namespace relais::server {

struct YamlPlace {
  int line = 0;  // from 1
  int column = 0;
};

struct YamlProblem {
  YamlPlace place;
  std::string path;  // "queues[3].requirement"
  std::string message;
};

struct YamlOutcome {
  std::vector<YamlProblem> problems;        // empty: the message is filled
  std::map<std::string, YamlPlace> places;  // of every path that is given
  bool whole = true;  // false: reading stopped before the end
};

// All problems at once (the first 10,000), except that text which is no YAML
// stops at the first.
YamlOutcome FillFromYaml(const std::string& text,
                         google::protobuf::Message* message);

// The same of a part of a document: places are those of the document, paths
// begin with `path`.
YamlOutcome FillFromYamlNode(const YAML::Node& node, const std::string& path,
                             google::protobuf::Message* message);

// The message as FillFromYaml reads it, without fields that are not set.
std::string ToYaml(const google::protobuf::Message& message);

// A value's name as files and command lines have it: CHANNEL_VOICE of Channel
// is "voice"; the number itself if it has no name.
std::string EnumValueShortName(const google::protobuf::EnumDescriptor& type,
                               int number);

}  // namespace relais::server

#endif  // RELAIS_SERVER_YAML_MESSAGE_H_
