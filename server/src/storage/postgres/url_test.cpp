#include "storage/postgres/url.h"

#include <gmock/gmock.h>

namespace parley::storage {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PostgresUrl, WhatCanBeReadIsRight) {
  for (const char* const url :
       {"postgres://user:secret@host:5432/parley", "postgresql://host/parley",
        "postgres://user:p%40ss%2Fword@host/parley", "postgres://[::1]:5433/parley",
        "postgres://a:5432,b:5433/parley?target_session_attrs=read-write",
        "postgres:///parley?host=/run/postgresql"})
    EXPECT_EQ(wrong_postgres_url(url), std::nullopt) << url;
}

TEST(PostgresUrl, WhatCannotBeReadIsSaidWithoutRepeatingIt) {
  for (const char* const url :
       {"postgres://user:hush@hush@host/parley", "postgres://user:hu/sh@host/parley",
        "postgres://user:hush@host:54x32/parley", "postgres://user:hush@host:70000/parley",
        "postgres://user:hush@host/parley?nonsense=hush", "postgres://user:hu%zzsh@host/parley",
        "postgres://user:hush@[::1/parley"}) {
    const auto wrong = wrong_postgres_url(url);
    ASSERT_TRUE(wrong) << url;
    EXPECT_THAT(*wrong, HasSubstr("PostgreSQL"));
    EXPECT_THAT(*wrong, Not(HasSubstr("hu")));
  }
}

}  // namespace
}  // namespace parley::storage
