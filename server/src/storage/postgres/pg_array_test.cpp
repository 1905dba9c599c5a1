#include "storage/postgres/pg_array.h"

#include <limits>
#include <memory>
#include <stdexcept>

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <rapidcheck/gtest.h>

#include "storage/postgres/server_for_test.h"

namespace parley::storage {
namespace {

using Integers = std::vector<std::int64_t>;

PgArray array_of(const Integers& values) {
  PgArray array{PgArray::Element::integer};
  for (const std::int64_t value : values) array.add(value);
  return array;
}

TEST(PgArrayTest, IntegersComeBackAsTheyWere) {
  const Integers values{0, -1, std::numeric_limits<std::int64_t>::min(),
                        std::numeric_limits<std::int64_t>::max(), 42};
  EXPECT_EQ(read_integers(array_of(values).binary()), values);
  EXPECT_EQ(array_of(values).size(), values.size());
  EXPECT_TRUE(read_integers(array_of({}).binary()).empty());
}

TEST(PgArrayTest, WhatIsNoArrayOfIntegersIsRefused) {
  const PgArray integers = array_of({1, 2});
  const std::string whole{integers.binary()};
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(read_integers(std::string_view{whole}.substr(0, size)), std::runtime_error);
  EXPECT_THROW(read_integers(whole + '\0'), std::runtime_error);

  PgArray bytes{PgArray::Element::bytes};
  bytes.add("12345678");
  EXPECT_THROW(read_integers(bytes.binary()), std::runtime_error);
  PgArray nulls{PgArray::Element::integer};
  nulls.add_null();
  EXPECT_THROW(read_integers(nulls.binary()), std::runtime_error);
}

// What the server makes of them.
class PgArrayServerTest : public testing::Test {
 public:
  void SetUp() override {
    if (!postgres_for_tests()) GTEST_SKIP() << "PostgreSQL is not installed";
    connection.reset(PQconnectdb(postgres_for_tests()->c_str()));
    ASSERT_EQ(PQstatus(connection.get()), CONNECTION_OK) << PQerrorMessage(connection.get());
  }

  std::shared_ptr<PGresult> ask(const char* sql, const PgArray& array) {
    const std::string_view binary = array.binary();
    const char* const value = binary.data();
    const int length = static_cast<int>(binary.size()), format = 1;
    return {PQexecParams(connection.get(), sql, 1, nullptr, &value, &length, &format, 1), PQclear};
  }

  std::unique_ptr<PGconn, decltype(&PQfinish)> connection{nullptr, PQfinish};
};

TEST_F(PgArrayServerTest, TheServerReadsAndWritesTheSameIntegers) {
  rc::check([&](const Integers& values) {
    const auto answer = ask("SELECT $1::bigint[]", array_of(values));
    RC_ASSERT(PQresultStatus(answer.get()) == PGRES_TUPLES_OK);
    RC_ASSERT(read_integers({PQgetvalue(answer.get(), 0, 0),
                             static_cast<std::size_t>(PQgetlength(answer.get(), 0, 0))}) == values);
  });
}

TEST_F(PgArrayServerTest, AnyBytesArriveAsTheyWere) {
  rc::check([&](std::vector<std::string> values) {
    values.emplace_back("'quoted' \"twice\" \\back\\ {a,NULL} \r\n");
    values.emplace_back("nul \0 and \xff\xfe", 13);
    PgArray array{PgArray::Element::bytes};
    for (const std::string& value : values) array.add(value);
    array.add_null();
    const auto answer = ask("SELECT * FROM unnest($1::bytea[])", array);
    RC_ASSERT(PQresultStatus(answer.get()) == PGRES_TUPLES_OK);
    RC_ASSERT(PQntuples(answer.get()) == static_cast<int>(values.size()) + 1);
    for (int row = 0; row < static_cast<int>(values.size()); ++row) {
      const std::string came{PQgetvalue(answer.get(), row, 0),
                             static_cast<std::size_t>(PQgetlength(answer.get(), row, 0))};
      RC_ASSERT(came == values[static_cast<std::size_t>(row)]);
    }
    RC_ASSERT(PQgetisnull(answer.get(), static_cast<int>(values.size()), 0) == 1);
  });
}

}  // namespace
}  // namespace parley::storage
