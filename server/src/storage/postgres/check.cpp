#include "storage/postgres/check.h"

#include <stdexcept>

#include "storage/postgres/connection.h"
#include "storage/postgres/migrate.h"

namespace parley::storage {
namespace {

// A large table takes its time.
constexpr std::chrono::hours kAnswerWithin{6};

}  // namespace

StoreReport check_postgres(const std::string& url) {
  PostgresConnection db{{.url = url, .answer_within = kAnswerWithin}};
  const Snapshot moment{db};
  const int version = schema_version(db, postgres_migrations());
  if (version == 0) throw std::runtime_error("there is no store of parley in the database");
  check_chats(db);
  return count_rows(db, version, static_cast<int>(postgres_migrations().size()));
}

}  // namespace parley::storage
