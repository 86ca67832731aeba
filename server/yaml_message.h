// Fills any protobuf message from YAML, by reflection.
//
// Thread safety: pure function.

#ifndef RELAIS_SERVER_YAML_MESSAGE_H_
#define RELAIS_SERVER_YAML_MESSAGE_H_

#include <map>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

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
};

// All problems at once, except that text which is no YAML stops at the first.
YamlOutcome FillFromYaml(const std::string& text,
                         google::protobuf::Message* message);

}  // namespace relais::server

#endif  // RELAIS_SERVER_YAML_MESSAGE_H_
