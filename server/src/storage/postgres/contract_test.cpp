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
#include "storage/postgres/fixture_for_test.h"

// PostgreSQL keeps what the ports promise.

namespace parley::storage::contract {

static_assert(Engine<PostgresFixture>);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, MessageStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, HistoryContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SyncContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, CostContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ConversationContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ConcurrencyContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ChatStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, UserStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ContactStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ContactSyncContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, JobsContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, LeasesContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, OutboxContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, DeviceStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, DigestStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, HousekeepingContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, FactorStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SecretStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SessionStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, TidingsContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, AdminStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ReportStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, InviteStoreContract, PostgresFixture);

}  // namespace parley::storage::contract
