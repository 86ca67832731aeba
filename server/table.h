// Text in columns for people.

#ifndef RELAIS_SERVER_TABLE_H_
#define RELAIS_SERVER_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace relais::server {

class Table {
 public:
  explicit Table(std::vector<std::string> header);
  // As many cells as the header has.
  void Add(std::vector<std::string> row);
  // Numbers to the right, text to the left; columns two apart. Control
  // characters are shown as '?', so that a name cannot move the cursor.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// Characters as a terminal counts them, roughly: code points.
std::size_t Width(const std::string& text);

}  // namespace relais::server

#endif  // RELAIS_SERVER_TABLE_H_
