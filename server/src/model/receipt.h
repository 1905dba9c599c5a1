#pragma once

#include <algorithm>

#include "model/ids.h"

namespace parley {

// How far a participant has come in a chat: two watermarks that only grow, and never past the
// chat's last entry. Read implies delivered. A message has no status of its own; whoever asks
// compares its seq with these (DESIGN.md §2).
struct Receipt {
  Seq delivered = 0;
  Seq read = 0;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

// The one rule by which receipts move, wherever they are kept: late, repeated and overtaking
// marks change nothing that was reached, and marks beyond `last` count as `last`.
constexpr Receipt advance(Receipt now, Receipt mark, Seq last) {
  const Seq read = std::max(now.read, std::min(mark.read, last));
  const Seq delivered = std::max({now.delivered, std::min(mark.delivered, last), read});
  return {.delivered = delivered, .read = read};
}

}  // namespace parley
