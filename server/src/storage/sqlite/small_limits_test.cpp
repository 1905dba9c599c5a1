#include "storage/contract/concurrency_suite.h"
#include "storage/contract/conversation_suite.h"
#include "storage/contract/group_suite.h"
#include "storage/contract/message_store_suite.h"
#include "storage/contract/sync_suite.h"
#include "storage/sqlite/fixture_for_test.h"

// SQLite keeps what the ports promise when its memory is tiny and rows are folded at every turn.

namespace parley::storage::contract {
namespace {

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

INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, GroupContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, MessageStoreContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, SyncContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, ConversationContract, SmallSqlite);
INSTANTIATE_TYPED_TEST_SUITE_P(SmallSqlite, ConcurrencyContract, SmallSqlite);

}  // namespace parley::storage::contract
