#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checks.h"
#include "message.h"

namespace bench {

// Which message a seq belongs to, as the run remembers it.
struct Written {
  std::size_t author = 0;
  std::uint64_t index = 0;
};

// Reads one chat back from the store page by page after a run and compares every entry with what
// was acknowledged: each there, once, at its seq, byte for byte.
class ReadBack {
 public:
  // Replies to its requests have ids from here on.
  static constexpr std::uint64_t kFirstRequest = 1ULL << 40;

  // `written[i]` is what was acknowledged with seq `first_seq` + i.
  ReadBack(std::uint64_t chat, std::uint64_t first_seq, std::vector<Written> written)
      : chat_(chat), next_seq_(first_seq), first_seq_(first_seq), written_(std::move(written)) {}

  bool done() const { return next_seq_ - first_seq_ >= written_.size(); }
  std::size_t size() const { return written_.size(); }

  // The request for the next page.
  std::string request();

  // Checks one page; afterwards either done() or request() again.
  void take(std::string_view data, Contents& contents, Checks& checks);

 private:
  std::uint64_t chat_;
  std::uint64_t next_seq_;
  std::uint64_t first_seq_;
  std::uint64_t next_request_ = kFirstRequest;
  std::vector<Written> written_;
};

}  // namespace bench
