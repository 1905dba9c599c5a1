#include "storage/contract/message_store_suite.h"
#include "storage/sqlite/fixture_for_test.h"

// SQLite keeps what the ports promise.

namespace parley::storage::contract {

static_assert(Engine<SqliteFixture>);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MessageStoreContract, SqliteFixture);

}  // namespace parley::storage::contract
