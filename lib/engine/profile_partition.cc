#include "lib/engine/profile_partition.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>

#include "lib/base/assert.h"
#include "lib/policy/eligibility.h"
#include "lib/policy/fit.h"
#include "lib/policy/queue_order.h"

namespace relais {
namespace {

constexpr std::uint8_t kUnknownCell = 0xFF;  // fit is at most 8

// What a cell adds to the hash of its column; nothing for a cell of 0, so that
// a column of a row that has left has the hash of one that never had it.
std::uint64_t HashOf(std::uint32_t c, std::uint8_t cell) {
  if (cell == 0) return 0;
  std::uint64_t x = (std::uint64_t{c} << 8 | cell) + 0x9E37'79B9'7F4A'7C15;
  x = (x ^ (x >> 30)) * 0xBF58'476D'1CE4'E5B9;
  x = (x ^ (x >> 27)) * 0x94D0'49BB'1331'11EB;
  return x ^ (x >> 31);
}

}  // namespace

std::uint8_t FitCell(const CompiledRequirement& requirement,
                     const CompiledProfile& profile) {
  if (!policy::Accepts(requirement, profile)) return 0;
  return static_cast<std::uint8_t>(policy::QueueRankOf(requirement, profile)
                                       << 4 |
                                   (1 + policy::FitOf(requirement, profile)));
}

ProfilePartition::ProfilePartition(const Sizes& sizes, ClassMatrix* matrix)
    : sizes_(sizes),
      matrix_(matrix),
      profiles_(std::make_unique<Profile[]>(sizes.profiles)),
      classes_(std::make_unique<Class[]>(sizes.profile_classes)),
      rows_(std::make_unique<Row[]>(sizes.requirement_classes)),
      scratch_(sizes.requirement_classes) {}

// --- Profiles ----------------------------------------------------------------

std::uint32_t ProfilePartition::FindAndAddReference(
    const CompiledProfile& content) {
  const auto found = by_content_.find(content);
  if (found == by_content_.end()) return kNone;
  ++profiles_[found->second].count;
  return found->second;
}

ProfilePartition::Rows ProfilePartition::rows() {
  if (rows_snapshot_ == nullptr) {
    auto snapshot =
        std::make_shared<std::vector<Listed<CompiledRequirement>>>();
    snapshot->reserve(listed_.size());
    for (const std::uint32_t c : listed_) {
      snapshot->push_back({c, rows_[c].entered, rows_[c].requirement});
    }
    rows_snapshot_ = std::move(snapshot);
  }
  return rows_snapshot_;
}

ProfilePartition::Entered ProfilePartition::Enter(
    const CompiledProfile& content, const Rows& rows, const Cells& cells,
    std::uint32_t* profile) {
  if (spare_profiles_.empty() && profiles_begun_ == sizes_.profiles) {
    return Entered::kNoProfile;
  }
  // The column: what was computed before for rows that still are what they
  // were, the others now.
  std::vector<std::uint8_t>& column = scratch_;
  for (const std::uint32_t c : listed_) column[c] = kUnknownCell;
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const Listed<CompiledRequirement>& row = (*rows)[i];
    if (rows_[row.id].entered == row.entered) column[row.id] = cells[i];
  }
  std::uint64_t hash = 0;
  for (const std::uint32_t c : listed_) {
    if (column[c] == kUnknownCell) {
      column[c] = FitCell(*rows_[c].requirement, content);
    }
    hash ^= HashOf(c, column[c]);
  }
  std::uint32_t p = ClassWith(hash, column.data());
  if (p == kNone && FreeClasses() > 0) {
    p = TakeClass();
    for (const std::uint32_t c : listed_)
      SetCell(c, p, column[c], classes_[p].had_cells);
    by_hash_.emplace(hash, p);
  }
  for (const std::uint32_t c : listed_) column[c] = 0;
  if (p == kNone) return Entered::kNoClass;

  std::uint32_t id = profiles_begun_;
  if (spare_profiles_.empty()) {
    ++profiles_begun_;
  } else {
    id = spare_profiles_.back();
    spare_profiles_.pop_back();
  }
  Profile& entry = profiles_[id];
  entry.content = std::make_shared<const CompiledProfile>(content);
  entry.entered = ++clock_;
  entry.count = 1;
  by_content_.emplace(content, id);
  profiles_snapshot_.reset();
  Join(id, p);
  *profile = id;
  return Entered::kYes;
}

void ProfilePartition::AddReference(std::uint32_t profile) {
  RELAIS_CHECK(profile < profiles_begun_ && profiles_[profile].count > 0,
               "a profile that nobody holds");
  ++profiles_[profile].count;
}

void ProfilePartition::Release(std::uint32_t profile) {
  RELAIS_CHECK(profile < profiles_begun_ && profiles_[profile].count > 0,
               "a profile that nobody holds");
  Profile& entry = profiles_[profile];
  if (--entry.count > 0) return;
  RELAIS_CHECK(entry.holders.empty(), "a profile released under its agents");
  const std::uint32_t p = ClassOf(profile);
  Leave(profile);
  by_content_.erase(*entry.content);
  entry.content.reset();
  entry.entered = 0;
  spare_profiles_.push_back(profile);
  profiles_snapshot_.reset();
  if (classes_[p].members.empty()) Emptied(p);
}

void ProfilePartition::AddHolder(std::uint32_t profile, std::uint32_t agent) {
  RELAIS_CHECK(profile < profiles_begun_ && profiles_[profile].count > 0,
               "a profile that nobody holds");
  ++profiles_[profile].holders[agent];
  ++classes_[ClassOf(profile)].agents;
}

void ProfilePartition::RemoveHolder(std::uint32_t profile,
                                    std::uint32_t agent) {
  auto& holders = profiles_[profile].holders;
  const auto found = holders.find(agent);
  RELAIS_CHECK(found != holders.end(), "an agent without this profile");
  if (--found->second == 0) holders.erase(found);
  --classes_[ClassOf(profile)].agents;
}

// --- Rows --------------------------------------------------------------------

ProfilePartition::Profiles ProfilePartition::profiles() {
  if (profiles_snapshot_ == nullptr) {
    auto snapshot = std::make_shared<std::vector<Listed<CompiledProfile>>>();
    snapshot->reserve(by_content_.size());
    for (std::uint32_t id = 0; id < profiles_begun_; ++id) {
      const Profile& entry = profiles_[id];
      if (entry.count == 0) continue;
      snapshot->push_back({id, entry.entered, entry.content});
    }
    profiles_snapshot_ = std::move(snapshot);
  }
  return profiles_snapshot_;
}

ProfilePartition::Cells ProfilePartition::RowCells(
    const CompiledRequirement& requirement, const Profiles& profiles,
    const Cells& cells) const {
  Cells row(profiles_begun_, kUnknownCell);
  for (std::size_t i = 0; i < profiles->size(); ++i) {
    const Listed<CompiledProfile>& item = (*profiles)[i];
    if (profiles_[item.id].entered == item.entered) row[item.id] = cells[i];
  }
  if (profiles == profiles_snapshot_) return row;  // nothing came or went
  for (std::uint32_t id = 0; id < profiles_begun_; ++id) {
    if (profiles_[id].count > 0 && row[id] == kUnknownCell) {
      row[id] = FitCell(requirement, *profiles_[id].content);
    }
  }
  return row;
}

ProfilePartition::Parts ProfilePartition::PartsOf(std::uint32_t p,
                                                  const Cells& row) const {
  Parts parts;
  for (const std::uint32_t profile : classes_[p].members) {
    const std::uint8_t cell = row[profile];
    auto part =
        std::find_if(parts.begin(), parts.end(),
                     [cell](const Part& one) { return one.cell >= cell; });
    if (part == parts.end() || part->cell != cell) {
      part = parts.insert(part, Part{cell, 0});
    }
    part->weight += 1 + profiles_[profile].holders.size();
  }
  return parts;
}

// The cell of the largest, of equal ones the first.
std::uint8_t ProfilePartition::LargestOf(const Parts& parts) {
  return std::max_element(
             parts.begin(), parts.end(),
             [](const Part& a, const Part& b) { return a.weight < b.weight; })
      ->cell;
}

bool ProfilePartition::HasRoomFor(const Cells& row) const {
  std::uint32_t needed = 0;
  for (std::uint32_t p = 0; p < classes_begun_; ++p) {
    std::bitset<kCellValues> seen;
    for (const std::uint32_t profile : classes_[p].members) {
      seen.set(row[profile]);
    }
    if (seen.any()) needed += static_cast<std::uint32_t>(seen.count()) - 1;
  }
  return needed <= FreeClasses();
}

void ProfilePartition::EnterRow(
    std::uint32_t c, std::shared_ptr<const CompiledRequirement> requirement,
    const Cells& row) {
  matrix_->SetRequirementClass(c, *requirement);
  const std::uint32_t classes =
      classes_begun_;  // parts to come have their cell
  std::vector<std::uint32_t> before;
  for (std::uint32_t p = 0; p < classes; ++p) {
    if (!classes_[p].members.empty()) before.push_back(p);
  }
  for (const std::uint32_t p : before) {
    const Parts parts = PartsOf(p, row);
    Split(p, parts, c, row);
    SetCell(c, p, LargestOf(parts), rows_[c].had_cells);
  }
  rows_[c].requirement = std::move(requirement);
  rows_[c].entered = ++clock_;
  rows_[c].place = static_cast<std::uint32_t>(listed_.size());
  listed_.push_back(c);
  rows_snapshot_.reset();
  by_hash_valid_ = false;
}

// All parts but the largest get classes of their own. Row `c` is not yet listed
// and class `p` has no cell in it yet.
void ProfilePartition::Split(std::uint32_t p, const Parts& parts,
                             std::uint32_t c, const Cells& row) {
  if (parts.size() == 1) return;
  const std::uint8_t largest = LargestOf(parts);
  std::array<std::uint32_t, kCellValues> class_of;
  for (const Part& part : parts) {
    if (part.cell == largest) continue;
    const std::uint32_t taken = TakeClass();
    class_of[part.cell] = taken;
    CopyColumn(p, taken);
    SetCell(c, taken, part.cell,
            rows_[c].had_cells || classes_[taken].had_cells);
  }
  const std::vector<std::uint32_t> members = classes_[p].members;
  for (const std::uint32_t profile : members) {
    if (row[profile] != largest) Move(profile, class_of[row[profile]]);
  }
}

void ProfilePartition::LeaveRow(std::uint32_t c) {
  for (std::uint32_t p = 0; p < classes_begun_; ++p) {
    Class& entry = classes_[p];
    entry.hash ^= HashOf(c, entry.column[c]);
    entry.column[c] = 0;
  }
  const std::uint32_t place = rows_[c].place;
  listed_[place] = listed_.back();
  rows_[listed_[place]].place = place;
  listed_.pop_back();
  rows_[c].requirement.reset();
  rows_[c].entered = 0;
  rows_[c].had_cells = true;
  rows_snapshot_.reset();
  by_hash_valid_ = false;
  row_has_left_ = true;
}

// --- Classes -----------------------------------------------------------------

std::uint32_t ProfilePartition::TakeClass() {
  std::uint32_t p = classes_begun_;
  if (spare_classes_.empty()) {
    RELAIS_CHECK(p < sizes_.profile_classes, "classes were counted before");
    ++classes_begun_;
    classes_[p].column =
        std::make_unique<std::uint8_t[]>(sizes_.requirement_classes);
  } else {
    p = spare_classes_.top();
    spare_classes_.pop();
  }
  matrix_->SetProfileClass(p);
  return p;
}

std::uint32_t ProfilePartition::ClassWith(std::uint64_t hash,
                                          const std::uint8_t* column) {
  if (!by_hash_valid_) {
    by_hash_.clear();
    for (std::uint32_t p = 0; p < classes_begun_; ++p) {
      if (!classes_[p].members.empty()) by_hash_.emplace(classes_[p].hash, p);
    }
    by_hash_valid_ = true;
  }
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end() ||
      std::memcmp(classes_[found->second].column.get(), column,
                  sizes_.requirement_classes) != 0) {
    return kNone;
  }
  return found->second;
}

// The cell was 0 or of a row that left.
void ProfilePartition::SetCell(std::uint32_t c, std::uint32_t p,
                               std::uint8_t cell, bool had_cells) {
  classes_[p].column[c] = cell;
  classes_[p].hash ^= HashOf(c, cell);
  if (cell != 0 || had_cells) matrix_->SetCell(c, p, cell);
}

void ProfilePartition::CopyColumn(std::uint32_t from, std::uint32_t to) {
  for (const std::uint32_t c : listed_) {
    SetCell(c, to, classes_[from].column[c], classes_[to].had_cells);
  }
}

void ProfilePartition::Join(std::uint32_t profile, std::uint32_t p) {
  Profile& entry = profiles_[profile];
  Class& joined = classes_[p];
  entry.place = static_cast<std::uint32_t>(joined.members.size());
  joined.members.push_back(profile);
  for (const auto& [agent, times] : entry.holders) joined.agents += times;
  // release <-> acquire in ClassOf.
  entry.in_core.store(p, std::memory_order_release);
}

void ProfilePartition::Leave(std::uint32_t profile) {
  Profile& entry = profiles_[profile];
  Class& left = classes_[ClassOf(profile)];
  for (const auto& [agent, times] : entry.holders) left.agents -= times;
  left.members[entry.place] = left.members.back();
  profiles_[left.members[entry.place]].place = entry.place;
  left.members.pop_back();
}

void ProfilePartition::Move(std::uint32_t profile, std::uint32_t to) {
  Leave(profile);
  Join(profile, to);
  ++moves_;
  for (const auto& [agent, times] : profiles_[profile].holders) {
    untold_.emplace_back(moves_, agent);
  }
  if (untold_.empty()) told_ = moves_;  // nobody to be told
}

void ProfilePartition::Emptied(std::uint32_t p) {
  by_hash_valid_ = false;
  if (told_ == moves_) {
    FreeClass(p);
  } else {
    emptied_.emplace_back(p, moves_);
  }
}

void ProfilePartition::FreeClass(std::uint32_t p) {
  classes_[p].hash = 0;
  classes_[p].had_cells = true;
  std::memset(classes_[p].column.get(), 0, sizes_.requirement_classes);
  spare_classes_.push(p);
}

// --- Moves -------------------------------------------------------------------

bool ProfilePartition::Merge() {
  const std::uint32_t free_before = FreeClasses();
  if (row_has_left_) {
    row_has_left_ = false;
    std::vector<std::uint32_t> ids;
    for (std::uint32_t p = 0; p < classes_begun_; ++p) {
      if (!classes_[p].members.empty()) ids.push_back(p);
    }
    const auto before = [this](std::uint32_t a, std::uint32_t b) {
      if (classes_[a].hash != classes_[b].hash) {
        return classes_[a].hash < classes_[b].hash;
      }
      const int order =
          std::memcmp(classes_[a].column.get(), classes_[b].column.get(),
                      sizes_.requirement_classes);
      return order != 0 ? order < 0 : a < b;
    };
    std::sort(ids.begin(), ids.end(), before);
    std::vector<std::uint32_t> equal;
    for (const std::uint32_t p : ids) {
      if (!equal.empty() && (classes_[p].hash != classes_[equal[0]].hash ||
                             std::memcmp(classes_[p].column.get(),
                                         classes_[equal[0]].column.get(),
                                         sizes_.requirement_classes) != 0)) {
        MergeEqual(equal);
        equal.clear();
      }
      equal.push_back(p);
    }
    MergeEqual(equal);
  }
  return !emptied_.empty() || FreeClasses() > free_before;
}

// Into the class with the most agents, so that the fewest are told again.
void ProfilePartition::MergeEqual(const std::vector<std::uint32_t>& equal) {
  if (equal.size() < 2) return;
  const std::uint32_t into = *std::max_element(
      equal.begin(), equal.end(), [this](std::uint32_t a, std::uint32_t b) {
        return classes_[a].agents < classes_[b].agents;
      });
  for (const std::uint32_t p : equal) {
    if (p == into) continue;
    const std::vector<std::uint32_t> members = classes_[p].members;
    for (const std::uint32_t profile : members) Move(profile, into);
    Emptied(p);
  }
}

std::vector<std::uint32_t> ProfilePartition::Untold() const {
  std::vector<std::uint32_t> agents;
  agents.reserve(untold_.size());
  for (const auto& [move, agent] : untold_) agents.push_back(agent);
  std::sort(agents.begin(), agents.end());
  agents.erase(std::unique(agents.begin(), agents.end()), agents.end());
  return agents;
}

void ProfilePartition::Told(std::uint64_t up_to) {
  if (up_to <= told_) return;
  told_ = up_to;
  untold_.erase(untold_.begin(), std::find_if(untold_.begin(), untold_.end(),
                                              [up_to](const auto& entry) {
                                                return entry.first > up_to;
                                              }));
  // Those emptied later wait for later moves.
  auto kept = emptied_.begin();
  for (const auto& [p, when] : emptied_) {
    if (when <= told_) {
      FreeClass(p);
    } else {
      *kept++ = {p, when};
    }
  }
  emptied_.erase(kept, emptied_.end());
}

std::uint32_t ProfilePartition::classes_in_use() const {
  std::uint32_t used = 0;
  for (std::uint32_t p = 0; p < classes_begun_; ++p) {
    if (!classes_[p].members.empty()) ++used;
  }
  return used;
}

}  // namespace relais
