// Which profiles share one profile class of the core.
//
// What it is: profiles are the distinct contents (channels, skills, levels,
// order of queues) that agents have, nearly as many as agents where levels are
// set one by one. Those that agree in eligibility, fit step and rank on every
// listed requirement class (the *rows*) share one class of the core. A new row
// that tells members of one class apart splits it: the largest part stays, each
// other part gets a class of its own with the same column but for the new cell.
// A row that leaves may make classes equal; they are merged when ids are wanted
// (Merge).
//
// A profile that is given another class *moves*. Moves are numbered; the agents
// that have the profile must be told to the core again (Untold, Told) before
// anything that depends on the move is handed out.
//
// Invariants
//   P1  Members of one class have equal cells in every row, and the core's cell
//       of (row, class) is theirs, for each class that has members.
//   P2  `moves` numbers moves from 1; `told` <= `moves`; every agent that had a
//       profile when that was moved with a number up to `told` has since been
//       told to the core with the class that the profile had after it, or one
//       still newer.
//   P3  A class whose last member went is given to another only when `told` has
//       reached what `moves` was then: no agent is in the core as one of it.
//   P4  For every agent in the core, told as class q while it has profile x,
//   and
//       every row that was listed when `told` last reached `moves`: the core's
//       cell of (row, q) is that of (row, x).
//
// Thread safety: none; the registry's creation lock guards it, except ClassOf,
// which is called from any thread.

#ifndef RELAIS_LIB_ENGINE_PROFILE_PARTITION_H_
#define RELAIS_LIB_ENGINE_PROFILE_PARTITION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/domain/compiled.h"
#include "lib/engine/class_matrix.h"

namespace relais {

// The matrix cell of the two: 0 = not eligible, otherwise | rank:4 | fit:4 |,
// fit being 1 + fit step.
std::uint8_t FitCell(const CompiledRequirement& requirement,
                     const CompiledProfile& profile);

class ProfilePartition {
 public:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  struct Sizes {
    std::uint32_t requirement_classes = 0;
    std::uint32_t profile_classes = 0;
    std::uint32_t profiles = 0;
  };
  // One row or profile with the time at which its id began to mean this, so
  // that cells computed without the lock can be told from outdated ones.
  template <typename Key>
  struct Listed {
    std::uint32_t id = 0;
    std::uint64_t entered = 0;
    std::shared_ptr<const Key> key;
  };
  // Immutable; kept alive by whoever computes from them.
  template <typename Key>
  using Snapshot = std::shared_ptr<const std::vector<Listed<Key>>>;
  using Rows = Snapshot<CompiledRequirement>;
  using Profiles = Snapshot<CompiledProfile>;
  // One for each item of a snapshot.
  using Cells = std::vector<std::uint8_t>;

  ProfilePartition(const Sizes& sizes, ClassMatrix* matrix);
  ProfilePartition(const ProfilePartition&) = delete;
  ProfilePartition& operator=(const ProfilePartition&) = delete;

  // --- Profiles -------------------------------------------------------------

  // One reference more; kNone if no profile has this content.
  std::uint32_t FindAndAddReference(const CompiledProfile& content);
  Rows rows();
  enum class Entered : std::uint8_t { kYes, kNoProfile, kNoClass };
  // Makes a profile of a content that has none, with one reference. `cells` are
  // its cells with `rows`; those of later rows are computed here.
  Entered Enter(const CompiledProfile& content, const Rows& rows,
                const Cells& cells, std::uint32_t* profile);
  void AddReference(std::uint32_t profile);
  void Release(std::uint32_t profile);
  // `agent` has, or is about to have, this profile. An agent may be there
  // several times.
  void AddHolder(std::uint32_t profile, std::uint32_t agent);
  void RemoveHolder(std::uint32_t profile, std::uint32_t agent);
  const CompiledProfile& Content(std::uint32_t profile) const {
    return *profiles_[profile].content;
  }
  // The core's class. Any thread, without the lock; the caller holds a
  // reference. What is read may be outdated at once: an agent told with it is
  // told again.
  std::uint32_t ClassOf(std::uint32_t profile) const {
    // acquire <-> release in SetClassOf: the class's column is in the core for
    // whoever knows the class.
    return profiles_[profile].in_core.load(std::memory_order_acquire);
  }

  // --- Rows -----------------------------------------------------------------

  Profiles profiles();
  // By profile id, of all profiles there are. `cells` are those with
  // `profiles`; of later profiles they are computed here.
  Cells RowCells(const CompiledRequirement& requirement,
                 const Profiles& profiles, const Cells& cells) const;
  // Whether there are class ids enough to enter this row.
  bool HasRoomFor(const Cells& row) const;
  // Lists requirement class `c`, which has the cells `row`, and splits what it
  // tells apart.
  // Requires: HasRoomFor(row), in the same critical section as RowCells.
  void EnterRow(std::uint32_t c,
                std::shared_ptr<const CompiledRequirement> requirement,
                const Cells& row);
  // No contact is of class `c`, and none will be before it is entered again.
  void LeaveRow(std::uint32_t c);

  // --- Moves ----------------------------------------------------------------

  // Merges classes whose columns are equal. False if that gives no class id,
  // not even when what has moved is told.
  bool Merge();
  std::uint64_t moves() const { return moves_; }
  std::uint64_t told() const { return told_; }
  // The agents to tell again so that all moves up to now are told; ascending.
  std::vector<std::uint32_t> Untold() const;
  // The agents that Untold gave when moves() was `up_to` have been told.
  void Told(std::uint64_t up_to);

  // Classes with members.
  std::uint32_t classes_in_use() const;

 private:
  static constexpr std::size_t kCellValues = 256;

  struct Profile {
    std::shared_ptr<const CompiledProfile> content;
    std::uint64_t entered = 0;
    std::uint32_t count = 0;
    std::uint32_t place = 0;  // among its class's members
    absl::flat_hash_map<std::uint32_t, std::uint32_t> holders;  // times there
    std::atomic<std::uint32_t> in_core{0};
  };
  struct Class {
    std::vector<std::uint32_t> members;  // profiles
    std::uint64_t agents = 0;            // holders of its members
    std::uint64_t hash = 0;              // of its column
    // Cells by requirement class, 0 where none is listed.
    std::unique_ptr<std::uint8_t[]> column;
    bool had_cells = false;  // the id was another class before
  };
  struct Row {
    std::shared_ptr<const CompiledRequirement> requirement;
    std::uint64_t entered = 0;
    std::uint32_t place = 0;  // among listed_
    bool had_cells = false;   // the id was another class before
  };
  // The members of a class that have one cell in a row.
  struct Part {
    std::uint8_t cell = 0;
    std::uint64_t weight = 0;  // agents to move, and a share for each profile
  };
  using Parts = std::vector<Part>;  // few; by rising cell

  Parts PartsOf(std::uint32_t p, const Cells& row) const;
  static std::uint8_t LargestOf(const Parts& parts);
  std::uint32_t FreeClasses() const {
    return sizes_.profile_classes - classes_begun_ +
           static_cast<std::uint32_t>(spare_classes_.size());
  }
  std::uint32_t TakeClass();
  std::uint32_t ClassWith(std::uint64_t hash, const std::uint8_t* column);
  // A cell of 0 is not written to the core if it cannot have another value
  // there: no row or no column of that id was written before.
  void SetCell(std::uint32_t c, std::uint32_t p, std::uint8_t cell,
               bool had_cells);
  void CopyColumn(std::uint32_t from, std::uint32_t to);
  void Split(std::uint32_t p, const Parts& parts, std::uint32_t c,
             const Cells& row);
  void Join(std::uint32_t profile, std::uint32_t p);
  void Leave(std::uint32_t profile);
  void Move(std::uint32_t profile, std::uint32_t to);
  void MergeEqual(const std::vector<std::uint32_t>& equal);
  void Emptied(std::uint32_t p);
  void FreeClass(std::uint32_t p);

  const Sizes sizes_;
  ClassMatrix* const matrix_;

  const std::unique_ptr<Profile[]> profiles_;
  absl::flat_hash_map<CompiledProfile, std::uint32_t> by_content_;
  std::vector<std::uint32_t> spare_profiles_;
  std::uint32_t profiles_begun_ = 0;

  const std::unique_ptr<Class[]> classes_;
  // Classes with members by their columns' hashes, of equal ones the smallest
  // id; made when it is needed.
  absl::flat_hash_map<std::uint64_t, std::uint32_t> by_hash_;
  bool by_hash_valid_ = false;
  // The smallest first, so that the core has few to run over.
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>,
                      std::greater<std::uint32_t>>
      spare_classes_;
  std::uint32_t classes_begun_ = 0;
  // Without members, and what `moves_` was when the last one went (P3).
  std::vector<std::pair<std::uint32_t, std::uint64_t>> emptied_;

  const std::unique_ptr<Row[]> rows_;
  std::vector<std::uint32_t> listed_;
  bool row_has_left_ = false;  // since the last Merge

  std::uint64_t clock_ = 0;  // of entering
  Rows rows_snapshot_;       // null when outdated
  Profiles profiles_snapshot_;

  std::uint64_t moves_ = 0;
  std::uint64_t told_ = 0;
  // Agents of moves above `told_`, with the move's number, rising.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> untold_;

  std::vector<std::uint8_t> scratch_;  // a column of zeros between calls
};

}  // namespace relais

#endif  // RELAIS_LIB_ENGINE_PROFILE_PARTITION_H_
