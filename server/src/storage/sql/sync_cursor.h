#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/message.h"

namespace parley::storage {

// The cursors of sync: the epoch of a store, sixteen digits of hex, and where to go on in it,
// numbers that mean something to the engine.
std::string write_sync_cursor(std::string_view epoch, std::initializer_list<std::uint64_t> numbers);

// The `count` numbers of a cursor; nothing when it is of another epoch, whatever it holds. Refuses
// with malformed_request what is no cursor.
Result<std::optional<std::vector<std::uint64_t>>> read_sync_cursor(std::string_view epoch,
                                                                   std::string_view cursor,
                                                                   std::size_t count);

}  // namespace parley::storage
