#include "storage/postgres/copy_marker.h"

#include <stdexcept>

namespace parley::storage {

void refuse_unfinished_copy(PostgresConnection& db) {
  auto row = db.query("SELECT 1 FROM store_meta WHERE name = ?1", kCopyMarker);
  if (row.next())
    throw std::runtime_error(
        "this database holds a store that is not copied completely: run `parley storage copy` "
        "again, which goes on, or empty the database");
}

}  // namespace parley::storage
