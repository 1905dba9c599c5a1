#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parley::storage {

// A client message id as it is looked up, and the log entry it led to.
struct SeenId {
  std::uint64_t hash;
  std::uint64_t entry;
};

// ClientIdWindow is a flat hash table from hashes of client message ids to log entries. Several
// entries may share a hash: the caller compares what they stand for.
class ClientIdWindow {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void add(SeenId seen);
  void remove(SeenId seen);

  // Calls `visit` with every entry of the hash until it answers true.
  template <class Visit>
  bool find(std::uint64_t hash, Visit visit) const {
    if (slots_.empty()) return false;
    for (std::size_t i = home(hash); slots_[i].entry != 0; i = next(i))
      if (slots_[i].hash == hash && visit(slots_[i].entry)) return true;
    return false;
  }

  // All of it, nearly in the order of the hashes; entry 0 is a free slot.
  std::span<const SeenId> slots() const { return slots_; }

 private:
  std::size_t home(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash >> shift_);  // the top bits, so that slots are in order
  }
  std::size_t next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }
  void grow();

  std::vector<SeenId> slots_;  // a power of two; entry 0 is a free slot
  int shift_ = 64;             // 64 - log2 of their number
  std::size_t size_ = 0;
};

}  // namespace parley::storage
