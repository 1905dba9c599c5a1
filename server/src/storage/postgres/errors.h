#pragma once

#include <string>
#include <string_view>

namespace parley::storage {

// Throws what an error of PostgreSQL means to us, by its SQLSTATE (PostgreSQL, appendix A):
// StorageUnavailable, TransactionConflict or std::runtime_error. Without a SQLSTATE the connection
// itself was lost. `sql` is named where the fault is ours.
[[noreturn]] void raise_postgres(std::string_view sqlstate, std::string message,
                                 std::string_view sql = {});

// The first line of what libpq says, without anything that was sent along.
std::string first_line(std::string_view message);

}  // namespace parley::storage
