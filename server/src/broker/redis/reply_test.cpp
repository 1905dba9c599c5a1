#include "broker/redis/reply.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::broker::redis {
namespace {

Reply only(std::string_view bytes) {
  ReplyReader reader;
  reader.feed(bytes);
  auto reply = reader.next();
  EXPECT_TRUE(reply && *reply) << bytes;
  EXPECT_EQ(reader.next().value(), nullptr);
  return reply && *reply ? std::move(**reply) : Reply{};
}

std::string refusal(std::string_view bytes, ReplyReader::Limits limits = {}) {
  ReplyReader reader{limits};
  reader.feed(bytes);
  const auto reply = reader.next();
  EXPECT_FALSE(reply) << bytes;
  return reply ? "" : reply.error();
}

TEST(RedisReply, ReadsEveryKind) {
  EXPECT_EQ(only("+OK\r\n").kind, Reply::Kind::status);
  EXPECT_EQ(only("+OK\r\n").text, "OK");
  EXPECT_EQ(only(":-7\r\n").number, -7);
  EXPECT_EQ(only("$5\r\na\r\nbc\r\n").text, "a\r\nbc");
  EXPECT_EQ(only("$-1\r\n").kind, Reply::Kind::nil);
  EXPECT_EQ(only("*-1\r\n").kind, Reply::Kind::nil);
  EXPECT_EQ(only("*0\r\n").kind, Reply::Kind::list);
  const Reply list = only("*3\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n+x\r\n");
  ASSERT_EQ(list.items.size(), 3u);
  EXPECT_EQ(list.items[1].items[0].text, "a");
  EXPECT_EQ(list.items[1].items[1].kind, Reply::Kind::nil);
  EXPECT_EQ(list.items[2].text, "x");
}

TEST(RedisReply, KnowsItsErrorsByTheirFirstWord) {
  const Reply error = only("-NOSCRIPT No matching script\r\n");
  EXPECT_TRUE(error.is_error());
  EXPECT_TRUE(error.is_error("NOSCRIPT"));
  EXPECT_FALSE(error.is_error("NO"));
  EXPECT_FALSE(only("$8\r\nNOSCRIPT\r\n").is_error("NOSCRIPT"));
}

RC_GTEST_PROP(RedisReply, ReadsTheSameHoweverItIsCut, ()) {
  const std::string bytes = "*2\r\n$3\r\nabc\r\n*1\r\n:12\r\n-ERR no\r\n$-1\r\n";
  ReplyReader reader;
  std::vector<Reply> replies;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 9);
    reader.feed(std::string_view{bytes}.substr(at, size));
    at += size;
    for (;;) {
      auto reply = reader.next();
      RC_ASSERT(reply.has_value());
      if (!*reply) break;
      replies.push_back(std::move(**reply));
    }
  }
  RC_ASSERT(replies.size() == 3u);
  RC_ASSERT(replies[0].items[0].text == "abc");
  RC_ASSERT(replies[0].items[1].items[0].number == 12);
  RC_ASSERT(replies[1].text == "ERR no");
}

TEST(RedisReply, RefusesWhatIsNoRedis) {
  refusal("HTTP/1.1 400 Bad Request\r\n");
  refusal("$x\r\n");
  refusal("*2147483648000\r\n");
  refusal("*-2\r\n");
}

TEST(RedisReply, RefusesToNestWithoutEnd) {
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "*1\r\n";
  refusal(deep);
}

TEST(RedisReply, RefusesMoreItemsOrBytesThanItsLimits) {
  const ReplyReader::Limits small{.bytes = 100, .items = 10};
  EXPECT_EQ(refusal("*11\r\n", small), "a reply has too many items");
  EXPECT_EQ(refusal("*2\r\n*8\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n*1\r\n", small),
            "a reply has too many items");
  EXPECT_EQ(refusal("$1000\r\n" + std::string(200, 'x'), small), "a reply is too large");
  EXPECT_EQ(refusal("*2147483647\r\n"), "a reply has too many items");

  ReplyReader reader{small};  // the limits hold for each reply
  for (int i = 0; i < 5; ++i) {
    reader.feed("*8\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n");
    ASSERT_TRUE(reader.next().value());
  }
}

TEST(RedisReply, WritesCommandsOfAnyBytes) {
  std::string out;
  append_command(out, {"SET", "k", std::string_view{"a\0\r\n", 4}});
  EXPECT_EQ(out, (std::string{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\0\r\n\r\n", 30}));
}

}  // namespace
}  // namespace parley::broker::redis
