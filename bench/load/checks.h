#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace bench {

// What a run found wrong. The first few are kept as sentences, all are counted; a run with any
// ends early and exits non-zero.
class Checks {
 public:
  void violation(std::string sentence) {
    if (sentences_.size() < 10) sentences_.push_back(std::move(sentence));
    ++count_;
  }

  bool good() const { return count_ == 0; }
  std::uint64_t count() const { return count_; }
  const std::vector<std::string>& sentences() const { return sentences_; }

 private:
  std::vector<std::string> sentences_;
  std::uint64_t count_ = 0;
};

// The numbers one reader has seen of one series, which must come without gaps and once each.
// Whether they may overtake one another is the caller's to say.
class SeqTracker {
 public:
  enum class Seen { next, ahead, late, doubled };

  SeqTracker() = default;  // begins with whatever comes first
  explicit SeqTracker(std::uint64_t first) : next_(first), begun_(true) {}

  Seen note(std::uint64_t seq) {
    if (!begun_) next_ = seq;
    begun_ = true;
    if (seq < next_ || ahead_.contains(seq)) return Seen::doubled;
    if (seq > next_) {
      ahead_.insert(seq);
      return Seen::ahead;
    }
    const bool filled_a_gap = !ahead_.empty();
    ++next_;
    while (ahead_.erase(next_) != 0) ++next_;
    return filled_a_gap ? Seen::late : Seen::next;
  }

  // The lowest number not seen yet.
  std::uint64_t next() const { return next_; }
  bool has_gap() const { return !ahead_.empty(); }

 private:
  std::uint64_t next_ = 0;
  bool begun_ = false;
  std::unordered_set<std::uint64_t> ahead_;
};

}  // namespace bench
