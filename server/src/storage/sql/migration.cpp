#include "storage/sql/migration.h"

#include <stdexcept>

#include <fmt/format.h>

namespace parley::storage {

void check_step(const Migration& known, std::string_view applied_checksum) {
  if (known.checksum == applied_checksum) return;
  throw std::runtime_error(
      fmt::format("migration {:04}_{} is not the one that was applied to this database: "
                  "run the parley that made it, or restore a backup",
                  known.version, known.name));
}

void refuse_newer_schema(int version, std::string_view name, std::size_t known) {
  throw std::runtime_error(
      fmt::format("the database has schema version {} ({}), this program knows versions up to {}: "
                  "run a newer parley, or restore the backup made before the upgrade",
                  version, name, known));
}

}  // namespace parley::storage
