#include "storage/contract/account_race_suite.h"
#include "storage/contract/admin_store_suite.h"
#include "storage/contract/chat_store_suite.h"
#include "storage/contract/concurrency_suite.h"
#include "storage/contract/contact_store_suite.h"
#include "storage/contract/contact_sync_suite.h"
#include "storage/contract/conversation_suite.h"
#include "storage/contract/cost_suite.h"
#include "storage/contract/device_store_suite.h"
#include "storage/contract/digest_store_suite.h"
#include "storage/contract/factor_store_suite.h"
#include "storage/contract/history_suite.h"
#include "storage/contract/housekeeping_suite.h"
#include "storage/contract/invite_store_suite.h"
#include "storage/contract/jobs_suite.h"
#include "storage/contract/leases_suite.h"
#include "storage/contract/message_store_suite.h"
#include "storage/contract/outbox_suite.h"
#include "storage/contract/report_store_suite.h"
#include "storage/contract/secret_store_suite.h"
#include "storage/contract/session_store_suite.h"
#include "storage/contract/sync_suite.h"
#include "storage/contract/tidings_suite.h"
#include "storage/contract/user_store_suite.h"
#include "storage/sqlite/fixture_for_test.h"

// SQLite keeps what the ports promise.

namespace parley::storage::contract {

static_assert(Engine<SqliteFixture>);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MessageStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AccountRaceContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, HistoryContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SyncContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, CostContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ConversationContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ConcurrencyContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ChatStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, UserStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ContactStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ContactSyncContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, JobsContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, LeasesContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, OutboxContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, DeviceStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, DigestStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, HousekeepingContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, FactorStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SecretStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, SessionStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, TidingsContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AdminStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ReportStoreContract, SqliteFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, InviteStoreContract, SqliteFixture);

}  // namespace parley::storage::contract
