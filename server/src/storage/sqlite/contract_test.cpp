#include "storage/contract/chat_store_suite.h"
#include "storage/contract/concurrency_suite.h"
#include "storage/contract/conversation_suite.h"
#include "storage/contract/group_suite.h"
#include "storage/contract/history_suite.h"
#include "storage/contract/message_store_suite.h"
#include "storage/contract/sync_suite.h"
#include "storage/contract/user_store_suite.h"
#include "storage/sqlite/fixture_for_test.h"

// SQLite keeps what the ports promise.

namespace parley::storage::contract {
namespace {

// With limits so low that tests reach them, and rows that are folded at every turn.
class SmallSqlite : public SqliteFixture {
 public:
  SmallSqlite()
      : SqliteFixture({.directory = {},
                       .max_group = 12,
                       .dedup_window = 6,
                       .cached_participants = 20,
                       .fold_after = {}}) {}
};

}  // namespace

static_assert(Engine<SqliteFixture>);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MessageStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, HistoryContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SyncContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ConversationContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ConcurrencyContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ChatStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, UserStoreContract, SqliteFixture);

INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, GroupContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, MessageStoreContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, SyncContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, ConversationContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, ConcurrencyContract, SmallSqlite);

}  // namespace parley::storage::contract
