#include "broker/redis/node_board.h"

#include <memory>

#include "broker/contract/node_board_suite.h"
#include "broker/redis/server_for_test.h"
#include "model/error.h"

namespace parley::broker {
namespace {

// A private server: there is one board on each.
struct Board {
  delivery::NodeBoard& board() { return board_; }
  // Redis' clock is everybody's, so it is the leases that grow older.
  void advance(std::chrono::milliseconds by) {
    const std::string back = "-" + std::to_string(by.count());
    for (const redis::Reply& id : server.ask({"ZRANGE", kUntil, "0", "-1"}).items)
      server.ask({"ZINCRBY", kUntil, back, id.text});
  }

  static constexpr const char* kUntil = "parley:{nodes}:until";
  redis::Server server;
  redis::Client client{redis::options_for(server.url())};
  RedisNodeBoard board_{client, std::chrono::seconds{20}};
};

struct OnRedis {
  static bool installed() { return redis::installed(); }
  OnRedis() {
    if (installed()) private_ = std::make_unique<Board>();
  }
  delivery::NodeBoard& board() { return private_->board(); }
  void advance(std::chrono::milliseconds by) { private_->advance(by); }

  std::unique_ptr<Board> private_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, NodeBoardContract, OnRedis);

class RedisNodeBoardTest : public redis::RedisTest {};

TEST_F(RedisNodeBoardTest, ThrowsWhileRedisIsAwayAndKnowsAllAgainAfterIt) {
  Board redis;
  const delivery::NodeEntry self{
      .id = delivery::NodeId{1}, .incarnation = 5, .address = "http://a", .roles = "chat"};
  ASSERT_TRUE(await(redis.board().renew(self)));
  redis.server.kill();
  EXPECT_THROW(await(redis.board().renew(self)), StorageUnavailable);
  EXPECT_THROW(await(redis.board().nodes()), StorageUnavailable);
  EXPECT_THROW(await(redis.board().leave(self)), StorageUnavailable);
  redis.server.start();
  ASSERT_TRUE(redis::eventually([&] { return !redis.client.trouble(); }));
  EXPECT_TRUE(await(redis.board().nodes()).empty());  // it kept nothing on disk
  EXPECT_TRUE(await(redis.board().renew(self)));
  EXPECT_EQ(await(redis.board().nodes()).size(), 1u);
}

TEST_F(RedisNodeBoardTest, ThrowsWhenRedisMayNotWrite) {
  Board redis;
  const delivery::NodeEntry self{
      .id = delivery::NodeId{1}, .incarnation = 5, .address = "http://a", .roles = "chat"};
  redis.server.ask({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THROW(await(redis.board().renew(self)), StorageUnavailable);
  redis.server.ask({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_TRUE(await(redis.board().renew(self)));
}

TEST_F(RedisNodeBoardTest, PassesOverWhatItCannotRead) {
  Board redis;
  const delivery::NodeEntry self{
      .id = delivery::NodeId{1}, .incarnation = 5, .address = "http://a", .roles = "chat"};
  ASSERT_TRUE(await(redis.board().renew(self)));
  redis.server.ask({"ZADD", Board::kUntil, "9999999999999", "2", "9999999999999", "x"});
  for (const std::string entry : {"{", "[]", "{\"incarnation\":7}", "{\"incarnation\":\"-1\"}"}) {
    ASSERT_TRUE(await(redis.board().renew(self)));  // its lease is a short one
    redis.server.ask({"HSET", "parley:{nodes}:entries", "2", entry, "x", "{}"});
    EXPECT_EQ(await(redis.board().nodes()).size(), 1u) << entry;
  }
}

}  // namespace
}  // namespace parley::broker
