#pragma once

#include <span>
#include <string_view>

#include "storage/sql/connection.h"

namespace parley::storage {

// One step of the schema. A step that was released is never changed: the next one corrects it.
struct Migration {
  int version;
  std::string_view name;
  std::string_view checksum;
  std::string_view sql;
};

// The steps this binary knows, in order, for each engine (the folders `migrations`).
std::span<const Migration> sqlite_migrations();
std::span<const Migration> postgres_migrations();

// Refuses, with a sentence for the operator in std::runtime_error, a step that was applied in
// another form than we know.
void check_step(const Migration& known, std::string_view applied_checksum);

// The same for a schema this program does not know.
[[noreturn]] void refuse_newer_schema(int version, std::string_view name, std::size_t known);

}  // namespace parley::storage
