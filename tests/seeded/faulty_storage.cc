#include "tests/seeded/faulty_storage.h"

#include <limits>
#include <utility>

namespace relais::seeded {
namespace {

// Byte 36 of a record: its last event (docs/journal-format.md).
constexpr std::size_t kLastSequenceAt = 36;
constexpr std::size_t kSideTextsKept = 4;

absl::Status Stopped() { return absl::UnavailableError("the machine stopped"); }

}  // namespace

void FaultyStorage::FailNext(Fault fault, std::uint64_t after) {
  fault_ = fault;
  fault_after_ = after;
}

FaultyStorage::Fault FaultyStorage::TakeFault() {
  if (fault_ == Fault::kNone) return Fault::kNone;
  if (fault_after_ > 0) {
    --fault_after_;
    return Fault::kNone;
  }
  return std::exchange(fault_, Fault::kNone);
}

void FaultyStorage::Sync() {
  for (const journal::StorageBatch& batch : not_synced_) {
    if (lies_ && !batch.records.empty()) before_last_records_ = medium_;
    medium_.Write(batch, true).IgnoreError();
  }
  not_synced_.clear();
  ++syncs_;
}

absl::Status FaultyStorage::Write(const journal::StorageBatch& batch,
                                  bool synced) {
  if (dead_) return Stopped();
  if (full_) return absl::ResourceExhaustedError("no space left on device");
  const Fault fault = TakeFault();
  if (fault == Fault::kDiesBefore || fault == Fault::kWriteFails) {
    dead_ = fault == Fault::kDiesBefore;
    return dead_ ? Stopped() : absl::UnknownError("write: input/output error");
  }
  absl::Status status = shown_.Write(batch, synced);
  not_synced_.push_back(batch);
  if (fault == Fault::kSyncFails) {
    return absl::UnknownError("fsync: input/output error");
  }
  if (synced && (fault != Fault::kDiesUnknown || random_.Bernoulli(0.5))) {
    Sync();
  }
  if (fault == Fault::kDiesAfter || fault == Fault::kDiesUnknown) {
    dead_ = true;
    return Stopped();
  }
  return status;
}

absl::Status FaultyStorage::WriteSide(std::string_view text) {
  if (dead_) return Stopped();
  const Fault fault = full_ ? Fault::kWriteFails : TakeFault();
  if (fault == Fault::kDiesBefore || fault == Fault::kWriteFails ||
      fault == Fault::kSyncFails) {
    dead_ = fault == Fault::kDiesBefore;
    return absl::UnknownError("committed: input/output error");
  }
  dead_ = fault != Fault::kNone;
  side_texts_.emplace_back(text);
  if (side_texts_.size() > kSideTextsKept) {
    side_texts_.erase(side_texts_.begin());
  }
  return shown_.WriteSide(text);
}

void FaultyStorage::Kill() {
  dead_ = false;
  fault_ = Fault::kNone;
}

void FaultyStorage::LosePower() {
  Kill();
  if (lies_) medium_ = before_last_records_;
  const std::uint64_t kept = random_.Uniform(not_synced_.size() + 1);
  for (std::uint64_t i = 0; i < kept; ++i) {
    medium_.Write(not_synced_[i], true).IgnoreError();
  }
  not_synced_.clear();
  shown_ = medium_;
  std::string side;
  if (!side_texts_.empty()) {
    side = side_texts_[random_.Uniform(side_texts_.size())];
  }
  // Not there, or cut off in the middle.
  if (random_.Bernoulli(0.3)) side.resize(random_.Uniform(side.size() + 1));
  if (lies_) side.clear();
  side_texts_.assign(1, side);
  shown_.WriteSide(side).IgnoreError();
}

std::uint64_t FaultyStorage::OnMedium() const {
  if (medium_.records().empty()) return 0;
  const std::string& last = medium_.records().rbegin()->second;
  std::uint64_t sequence = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    sequence = sequence << 8 |
               static_cast<unsigned char>(last.at(kLastSequenceAt + i));
  }
  return sequence;
}

absl::Status FaultyStorage::ReadLive(OnLive on_live) {
  return dead_ ? Stopped() : shown_.ReadLive(on_live);
}

absl::Status FaultyStorage::ReadRecords(std::uint64_t from,
                                        OnRecord on_record) {
  return dead_ ? Stopped() : shown_.ReadRecords(from, on_record);
}

absl::StatusOr<std::vector<std::uint64_t>> FaultyStorage::LastRecords(
    std::size_t count) {
  if (dead_) return Stopped();
  return shown_.LastRecords(count);
}

absl::StatusOr<std::string> FaultyStorage::ReadSide() {
  if (dead_) return Stopped();
  return shown_.ReadSide();
}

absl::StatusOr<std::uint64_t> FaultyStorage::FreeBytes() {
  if (dead_) return Stopped();
  return full_ ? 0 : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace relais::seeded
