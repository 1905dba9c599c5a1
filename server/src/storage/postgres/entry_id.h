#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/id_source.h"
#include "model/ids.h"

namespace parley::storage {

// The id of a chat's next entry: ids go up with seqs in every chat, also when the node that wrote
// last, and drew `above`, has a clock that is ahead. Whose clock is further ahead than ten minutes
// is not followed.
inline MessageId draw_entry_id(IdSource& ids, const Clock& clock, std::uint64_t above) {
  constexpr std::chrono::minutes kFollowed{10};
  const auto id = ids.next<MessageKind>();
  if (id.value() > above || IdSource::time_of(above) > clock.now() + kFollowed) return id;
  ids.continue_after(above);
  return ids.next<MessageKind>();
}

}  // namespace parley::storage
