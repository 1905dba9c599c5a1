#include <gtest/gtest.h>

#include "storage/postgres/server_for_test.h"

// The server other tests rely on.

namespace parley::storage {
namespace {

TEST(ServerForTest, ADatabaseOfItsOwnIsEmptyAndGoesWithTheTest) {
  if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
  std::string name;
  {
    const TestDatabase database;
    name = database.name();
    database.ask("CREATE TABLE t (x BIGINT)");
    EXPECT_EQ(database.ask("SELECT count(*) FROM t"), "0");
    const TestDatabase copy;
    EXPECT_THROW(copy.ask("SELECT count(*) FROM t"), std::runtime_error);
  }
  EXPECT_EQ(ask_postgres(*postgres_for_tests(),
                         "SELECT count(*) FROM pg_database WHERE datname = '" + name + "'"),
            "0");
}

TEST(ServerForTest, APrivateServerKeepsWhatItHasThroughACrash) {
  if (!postgres_installed()) GTEST_SKIP() << "PostgreSQL is not installed";
  PrivatePostgres server;
  ask_postgres(server.url(), "CREATE TABLE t AS SELECT 7 AS x");
  server.restart(SIGKILL);
  EXPECT_EQ(ask_postgres(server.url(), "SELECT x FROM t"), "7");
  server.freeze();
  server.thaw();
  server.restart();
  EXPECT_EQ(ask_postgres(server.url(), "SELECT x FROM t"), "7");
}

TEST(ServerForTest, TheDatabaseOfAUrlIsReplaced) {
  EXPECT_EQ(with_database("postgres://a:b@h:1/x?k=v", "y"), "postgres://a:b@h:1/y?k=v");
  EXPECT_EQ(with_database("postgres://a:b@h:1", "y"), "postgres://a:b@h:1/y");
  EXPECT_EQ(with_database("postgres://a:b@h:1/", "y"), "postgres://a:b@h:1/y");
}

}  // namespace
}  // namespace parley::storage
