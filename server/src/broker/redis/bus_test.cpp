#include "broker/redis/bus.h"

#include <algorithm>
#include <memory>

#include "broker/contract/bus_suite.h"
#include "broker/redis/bus_frame.h"
#include "broker/redis/server_for_test.h"

namespace parley::broker {
namespace {

using delivery::NodeId;
using redis::Client;
using redis::eventually;
using redis::options_for;
using redis::Server;

struct Buses {
  explicit Buses(const std::string& url) : Buses(options_for(url)) {}
  explicit Buses(const Client::Options& options) {
    for (unsigned id = 1; id <= 3; ++id) {
      clients[id] = std::make_unique<Client>(options);
      buses[id] = std::make_unique<RedisBus>(*clients[id], static_cast<NodeId>(id));
    }
  }
  delivery::Bus& bus(unsigned id) { return *buses[id]; }

  std::unique_ptr<Client> clients[4];
  std::unique_ptr<RedisBus> buses[4];
};

struct OnRedis {
  static bool installed() { return redis::has_shared(); }
  OnRedis() {
    if (installed()) buses.emplace(redis::shared_url());
  }
  delivery::Bus& bus(unsigned id) { return buses->bus(id); }

  std::optional<Buses> buses;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, BusContract, OnRedis);

class RedisBusTest : public redis::RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) return;
    server = std::make_unique<Server>();
    connect(options_for(server->url()));
  }
  void connect(const Client::Options& options) {
    nodes = std::make_unique<Buses>(options);
    for (const unsigned id : {1u, 2u}) {
      nodes->bus(id).listen(notes[id]);
      ASSERT_TRUE(notes[id].wait_for(1));
      notes[id].forget();
    }
  }
  void TearDown() override {
    if (!nodes) return;
    for (const unsigned id : {1u, 2u}) nodes->bus(id).stop();
  }
  using Notes = std::vector<std::string>;
  static constexpr NodeId kTwo{2};

  RedisBus& bus(unsigned id) { return *nodes->buses[id]; }

  BusNotes notes[4];
  std::unique_ptr<Server> server;
  std::unique_ptr<Buses> nodes;
};

TEST_F(RedisBusTest, FramesWhatIsSentInOneTurn) {
  // The thread of Redis is busy meanwhile.
  nodes->clients[1]->run_there([&] {
    for (int i = 0; i < 100; ++i) bus(1).send(kTwo, "x");
  });
  ASSERT_TRUE(notes[2].wait_for(100));
  EXPECT_EQ(bus(1).counters().publishes, 1u);
  EXPECT_TRUE(eventually([&] { return bus(1).counters().sent == 100; }));
  EXPECT_EQ(bus(2).counters().received, 100u);
}

TEST_F(RedisBusTest, CutsFramesThatGrowLarge) {
  const std::string large(100 << 10, 'x');
  nodes->clients[1]->run_there([&] {
    for (int i = 0; i < 6; ++i) bus(1).send(kTwo, large);
  });
  ASSERT_TRUE(notes[2].wait_for(6));
  EXPECT_EQ(bus(1).counters().publishes, 3u);
}

TEST_F(RedisBusTest, SaysThatTheWayIsInterruptedAndOpenAgain) {
  server->kill();
  ASSERT_TRUE(notes[1].wait_for(1) && notes[2].wait_for(1));
  EXPECT_EQ(notes[2].all(), (Notes{"-"}));
  EXPECT_TRUE(bus(2).trouble());
  bus(1).send(kTwo, "lost");
  EXPECT_EQ(bus(1).counters().dropped, 1u);
  server->start();
  ASSERT_TRUE(notes[1].wait_for(2) && notes[2].wait_for(2));
  EXPECT_FALSE(bus(2).trouble());
  bus(1).send(kTwo, "kept");
  ASSERT_TRUE(notes[2].wait_for(3));
  EXPECT_EQ(notes[2].all(), (Notes{"-", "+", "1:kept"}));
}

TEST_F(RedisBusTest, IsConnectedAgainOnlyWhenItIsSubscribed) {
  for (int i = 0; i < 10; ++i) {
    notes[2].forget();
    server->ask({"CLIENT", "KILL", "TYPE", "pubsub"});
    ASSERT_TRUE(notes[1].wait_for(2) && notes[2].wait_for(2));
    EXPECT_EQ(notes[2].all(), (Notes{"-", "+"}));
    // Once both were told, nothing that is sent is lost.
    bus(1).send(kTwo, "kept");
    ASSERT_TRUE(notes[2].wait_for(3));
    EXPECT_EQ(notes[2].all().back(), "1:kept");
    notes[1].forget();
  }
}

TEST_F(RedisBusTest, NoticesThatRedisHangs) {
  nodes.reset();
  for (const unsigned id : {1u, 2u}) notes[id].forget();
  connect(redis::hasty_options_for(server->url()));
  server->freeze();
  ASSERT_TRUE(eventually([&] { return bus(1).trouble() && bus(2).trouble(); }));
  EXPECT_EQ(notes[2].all().back(), "-");
  server->thaw();
  // A machine that has no time for Redis looks like a Redis that hangs: it may be so more than once
  // until a message comes through.
  ASSERT_TRUE(eventually([&] {
    bus(1).send(kTwo, "kept");
    const auto all = notes[2].all();
    return std::ranges::find(all, "1:kept") != all.end();
  }));
  bool open = true;
  for (const std::string& note : notes[2].all()) {
    if (note != "1:kept") open = !open;
    EXPECT_EQ(open, note != "-") << "what comes, comes by a way that was said to be open";
  }
}

TEST_F(RedisBusTest, DropsWhatIsTooMuchInsteadOfKeepingIt) {
  const std::string large(1 << 20, 'x');
  server->freeze();
  for (int i = 0; i < 64; ++i) bus(1).send(kTwo, large);
  EXPECT_GE(bus(1).counters().dropped, 48u);  // sixteen of them are kept
  bus(1).send(kTwo, std::string(9 << 20, 'x'));
  EXPECT_GE(bus(1).counters().dropped, 49u);
  server->thaw();
  // Whether the connection was given up or not: after a while messages come through again.
  ASSERT_TRUE(eventually([&] {
    bus(1).send(kTwo, "kept");
    const auto all = notes[2].all();
    return std::ranges::find(all, "1:kept") != all.end();
  }));
}

TEST_F(RedisBusTest, IsNotConfusedByStrangers) {
  for (const std::string& frame :
       {std::string{}, std::string{"x"}, std::string{"\0\7\0\0\0\5abc", 9},
        std::string{"\0\7\xff\xff\xff\xff", 6}})
    server->ask({"PUBLISH", "parley:node:2", frame});
  bus(1).send(kTwo, "kept");
  ASSERT_TRUE(notes[2].wait_for(1));
  EXPECT_EQ(notes[2].all(), (Notes{"1:kept"}));
  EXPECT_EQ(bus(2).counters().broken, 4u);
}

TEST(RedisBusFrame, CarriesMessagesBehindTheirLengths) {
  std::string frame = redis::begin_frame(NodeId{1023});
  for (const auto* message : {"a", "", "bcd"}) redis::append_message(frame, message);
  EXPECT_EQ(frame, (std::string{"\x3\xff\0\0\0\1a\0\0\0\0\0\0\0\3bcd", 18}));
  auto reader = redis::FrameReader::open(frame);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->from(), NodeId{1023});
  EXPECT_EQ(reader->next(), "a");
  EXPECT_EQ(reader->next(), "");
  EXPECT_EQ(reader->next(), "bcd");
  EXPECT_EQ(reader->next(), std::nullopt);
  EXPECT_TRUE(reader->at_end());
}

}  // namespace
}  // namespace parley::broker
