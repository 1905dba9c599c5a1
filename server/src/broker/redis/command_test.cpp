#include "broker/redis/command.h"

#include <array>

#include <gtest/gtest.h>

namespace parley::broker::redis {
namespace {

TEST(RedisCommand, KnowsTheSlotsOfKeys) {
  EXPECT_EQ(slot_of("123456789"), 0x31c3);  // the check value of the specification
  EXPECT_EQ(slot_of(""), 0);
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
  EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_NE(slot_of("foo{bar"), slot_of("bar"));
}

TEST(RedisCommand, BelongsWhereItsKeyDoes) {
  const Command command = make_command({"GET", "foo"});
  EXPECT_EQ(command.bytes, "*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n");
  EXPECT_EQ(command.slot, 12182);
}

TEST(RedisCommand, NamesScriptsByTheirDigest) {
  const Script script{"return 1"};
  const std::array<std::string_view, 1> keys{"foo"};
  const std::array<std::string_view, 1> arguments{"7"};
  EXPECT_EQ(script.by_digest(keys, arguments).bytes,
            "*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n"
            "$1\r\n1\r\n$3\r\nfoo\r\n$1\r\n7\r\n");
  EXPECT_EQ(script.by_text(keys, arguments).bytes,
            "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$3\r\nfoo\r\n$1\r\n7\r\n");
  EXPECT_EQ(script.by_text(keys, {}).slot, 12182);
}

}  // namespace
}  // namespace parley::broker::redis
