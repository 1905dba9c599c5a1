#include "storage/contract/contact_store_suite.h"
#include "storage/contract/contact_sync_suite.h"
#include "storage/contract/device_store_suite.h"
#include "storage/contract/factor_store_suite.h"
#include "storage/contract/invite_store_suite.h"
#include "storage/contract/jobs_suite.h"
#include "storage/contract/secret_store_suite.h"
#include "storage/contract/session_store_suite.h"
#include "storage/contract/user_store_suite.h"
#include "storage/postgres/fixture_for_test.h"

// PostgreSQL keeps what the ports promise.

namespace parley::storage::contract {

static_assert(Engine<PostgresFixture>);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, UserStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ContactStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, ContactSyncContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, JobsContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, DeviceStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, FactorStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SecretStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, SessionStoreContract, PostgresFixture);
INSTANTIATE_TYPED_TEST_SUITE_P(Postgres, InviteStoreContract, PostgresFixture);

}  // namespace parley::storage::contract
