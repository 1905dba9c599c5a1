#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parley::storage {

// BloomFilter says of a hash "never added" for certain, or "perhaps". At ten bits a key one in a
// hundred is a false perhaps.
class BloomFilter {
 public:
  explicit BloomFilter(std::size_t keys) : words_(std::bit_ceil(keys * 10 / 64 + 1)) {}

  void add(std::uint64_t hash) {
    for (int i = 0; i < kProbes; ++i) word(hash, i) |= bit(hash, i);
  }
  bool may_contain(std::uint64_t hash) const {
    for (int i = 0; i < kProbes; ++i)
      if ((words_[index(hash, i)] & bit(hash, i)) == 0) return false;
    return true;
  }
  // How many keys it is good for.
  std::size_t capacity() const { return words_.size() * 64 / 10; }

 private:
  static constexpr int kProbes = 6;

  static std::uint64_t probe(std::uint64_t hash, int i) {
    return hash + static_cast<std::uint64_t>(i) * ((hash >> 33) * 2 + 1) * 0x9e3779b97f4a7c15ULL;
  }
  std::size_t index(std::uint64_t hash, int i) const {
    return static_cast<std::size_t>(probe(hash, i) >> 6) & (words_.size() - 1);
  }
  static std::uint64_t bit(std::uint64_t hash, int i) {
    return std::uint64_t{1} << (probe(hash, i) & 63);
  }
  std::uint64_t& word(std::uint64_t hash, int i) { return words_[index(hash, i)]; }

  std::vector<std::uint64_t> words_;
};

}  // namespace parley::storage
