#include "storage/sql/kept_values.h"

#include <utility>

namespace parley::storage {

Task<std::string> keep_value(Database& database, std::string name, std::string proposed) {
  co_return co_await database.write([&](Transaction& transaction) {
    transaction.db().run("INSERT INTO store_meta VALUES (?1, ?2) ON CONFLICT DO NOTHING", name,
                         proposed);
    auto row = transaction.db().query("SELECT value FROM store_meta WHERE name = ?1", name);
    row.next();
    return row.string(0);
  });
}

}  // namespace parley::storage
