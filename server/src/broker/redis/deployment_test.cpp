#include <memory>

#include "broker/contract/bus_suite.h"
#include "broker/redis/bus.h"
#include "broker/redis/node_board.h"
#include "broker/redis/rate_limiter.h"
#include "broker/redis/server_for_test.h"

// The two ways in which a Redis outlives the loss of a server: sentinels and clusters.

namespace parley::broker {
namespace {

using namespace std::chrono_literals;
using broker::Host;
using redis::Client;
using redis::eventually;
using redis::options_for;
using redis::Reply;
using redis::Server;

class RedisDeployment : public redis::RedisTest {
 protected:
  static bool set(Client& client, const std::string& key, const std::string& value) {
    const auto said = await(client.ask(redis::make_command({"SET", key, value}), 20s));
    return said && said->text == "OK";
  }
  static std::string get(Client& client, const std::string& key) {
    const auto said = await(client.ask(redis::make_command({"GET", key}), 20s));
    return said ? said->text : "nothing: " + said.error();
  }

  static constexpr delivery::RatePolicy kPolicy{
      .name = "p", .count = 1, .period = 60s, .burst = 1, .fails_closed = true};
  static constexpr delivery::NodeId kOne{1}, kTwo{2};
};

// A master, a replica, and three sentinels who watch them.
struct Watched {
  Watched() {
    replica = std::make_unique<Server>(
        std::vector<std::string>{"replicaof 127.0.0.1 " + std::to_string(master->port())});
    const std::string who = "sentinel monitor main 127.0.0.1 " + std::to_string(master->port());
    for (int i = 0; i < 3; ++i) {
      sentinels.push_back(std::make_unique<Server>(
          std::vector<std::string>{
              who + " 2", std::string{"sentinel auth-pass main "} + redis::kPassword,
              "sentinel down-after-milliseconds main 60000", "sentinel failover-timeout main 5000"},
          true));
    }
  }
  std::string url() const {
    std::string hosts;
    for (const auto& sentinel : sentinels)
      hosts += (hosts.empty() ? "" : ",") + ("127.0.0.1:" + std::to_string(sentinel->port()));
    return std::string{"redis+sentinel://:"} + redis::kPassword + "@" + hosts + "/main";
  }
  // How long a server may be silent until the sentinels believe that it is dead. They are patient
  // at first: a machine that has no time for it is no dead server.
  void believe_dead_after(std::chrono::milliseconds silence) const {
    for (const auto& sentinel : sentinels)
      sentinel->ask(
          {"SENTINEL", "SET", "main", "down-after-milliseconds", std::to_string(silence.count())});
  }
  // The sentinels know each other and the replica, which has what the master has.
  bool complete() const {
    for (const auto& sentinel : sentinels) {
      if (sentinel->ask({"SENTINEL", "replicas", "main"}).items.size() != 1) return false;
      if (sentinel->ask({"SENTINEL", "sentinels", "main"}).items.size() != 2) return false;
    }
    return replica->ask({"INFO", "replication"}).text.contains("master_link_status:up");
  }

  std::unique_ptr<Server> master = std::make_unique<Server>();
  std::unique_ptr<Server> replica;
  std::vector<std::unique_ptr<Server>> sentinels;
};

TEST_F(RedisDeployment, FollowsTheMasterThatSentinelsChoose) {
  Watched watched;
  ASSERT_TRUE(eventually([&] { return watched.complete(); }, 90s));
  Client client{options_for(watched.url())};
  BusNotes notes[3];
  RedisBus one{client, kOne};
  Client other{options_for(watched.url())};
  RedisBus two{other, kTwo};
  one.listen(notes[1]);
  two.listen(notes[2]);
  ASSERT_TRUE(notes[1].wait_for(1) && notes[2].wait_for(1));
  ASSERT_TRUE(set(client, "k", "before"));
  ASSERT_TRUE(eventually([&] { return watched.replica->ask({"GET", "k"}).text == "before"; }));

  watched.master->kill();
  watched.believe_dead_after(500ms);
  ASSERT_TRUE(eventually([&] { return set(client, "k", "after"); }, 90s)) << *client.trouble();
  watched.believe_dead_after(60s);
  EXPECT_EQ(watched.replica->ask({"GET", "k"}).text, "after");
  ASSERT_TRUE(eventually([&] { return !one.trouble() && !two.trouble(); }, 90s));
  one.send(kTwo, "hello");
  ASSERT_TRUE(notes[2].wait_for(4));
  EXPECT_EQ(notes[2].all(), (std::vector<std::string>{"+", "-", "+", "1:hello"}));

  // The old master comes back as a replica of the new: nobody writes to it.
  watched.master->start();
  ASSERT_TRUE(
      eventually([&] { return watched.master->ask({"ROLE"}).items.at(0).text == "slave"; }, 90s));
  EXPECT_TRUE(set(client, "k", "later"));
  EXPECT_EQ(watched.replica->ask({"GET", "k"}).text, "later");
  one.stop();
  two.stop();
}

TEST_F(RedisDeployment, SaysWhichSentinelKnowsNoMaster) {
  Server sentinel{{"sentinel monitor other 127.0.0.1 6379 1"}, true};
  Client client{
      options_for("redis+sentinel://127.0.0.1:" + std::to_string(sentinel.port()) + "/main")};
  EXPECT_TRUE(get(client, "k").contains("knows no master of the name in the URL"))
      << get(client, "k");
}

// Three masters, and a replica for the first of them.
struct Cluster {
  Cluster() {
    for (int i = 0; i < 4; ++i) {
      // Its usual port, 10,000 above the other, may not be free.
      bus_ports_.push_back(std::make_unique<OwnPort>());
      nodes.push_back(std::make_unique<Server>(std::vector<std::string>{
          "cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 20000",
          "cluster-replica-validity-factor 0", "cluster-port " + bus_ports_.back()->text()}));
    }
    const int first[] = {0, 5'461, 10'923, redis::kSlots};
    for (std::size_t i = 0; i < 3; ++i) {
      nodes[i]->ask(
          {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first[i]), std::to_string(first[i + 1] - 1)});
      nodes[i]->ask({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    }
    for (std::size_t i = 1; i < 4; ++i)
      nodes[0]->ask({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes[i]->port()),
                     bus_ports_[i]->text()});
  }
  std::string url() const {
    return std::string{"redis+cluster://:"} + redis::kPassword +
           "@127.0.0.1:" + std::to_string(nodes[2]->port()) +
           ",127.0.0.1:" + std::to_string(nodes[1]->port());
  }
  std::string id(std::size_t i) const { return nodes[i]->ask({"CLUSTER", "MYID"}).text; }
  bool whole() const {
    for (const auto& node : nodes) {
      const auto info = node->ask({"CLUSTER", "INFO"}).text;
      if (!info.contains("cluster_state:ok") || !info.contains("cluster_known_nodes:4"))
        return false;
    }
    return true;
  }
  bool replicates() {
    nodes[3]->ask({"CLUSTER", "REPLICATE", id(0)});
    return eventually(
        [&] {
          return nodes[3]->ask({"INFO", "replication"}).text.contains("master_link_status:up");
        },
        90s);
  }

  // How long a node may be silent until the others believe that it is dead. They are patient at
  // first: a machine that has no time for them is no dead node.
  void believe_dead_after(std::chrono::milliseconds silence) {
    for (const auto& node : nodes)
      if (node->running())
        node->ask({"CONFIG", "SET", "cluster-node-timeout", std::to_string(silence.count())});
  }

  std::vector<std::unique_ptr<Server>> nodes;

 private:
  std::vector<std::unique_ptr<OwnPort>> bus_ports_;
};

TEST_F(RedisDeployment, FindsEveryKeyOfACluster) {
  Cluster cluster;
  ASSERT_TRUE(eventually([&] { return cluster.whole(); }, 90s));
  ASSERT_TRUE(cluster.replicates());
  Client client{options_for(cluster.url())};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(set(client, "k" + std::to_string(i), "v")) << i;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_GT(cluster.nodes[i]->ask({"DBSIZE"}).number, 15) << i;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(get(client, "k" + std::to_string(i)), "v");

  // All that is built on it works here too.
  RedisNodeBoard board{client, 20s};
  ASSERT_TRUE(await(board.renew({.id = kOne, .incarnation = 1, .address = "a", .roles = "b"})));
  ASSERT_TRUE(await(board.renew({.id = kTwo, .incarnation = 1, .address = "a", .roles = "b"})));
  EXPECT_EQ(await(board.nodes()).size(), 2u);
  RedisRateLimiter limiter{client, {.patience = 20s}};
  for (int i = 0; i < 20; ++i) {
    const std::string key = std::to_string(i);
    EXPECT_EQ(await(limiter.take(kPolicy, key)), 0s);
    EXPECT_GT(await(limiter.take(kPolicy, key)), 20s);  // what is left of a minute
  }
  Client other{
      options_for("redis+cluster://:secret@127.0.0.1:" + std::to_string(cluster.nodes[0]->port()))};
  BusNotes notes[3];
  RedisBus one{client, kOne};
  RedisBus two{other, kTwo};
  one.listen(notes[1]);
  two.listen(notes[2]);
  ASSERT_TRUE(notes[1].wait_for(1) && notes[2].wait_for(1));
  one.send(kTwo, "hello");
  two.broadcast("all");
  ASSERT_TRUE(notes[1].wait_for(2) && notes[2].wait_for(2));
  EXPECT_EQ(notes[2].all().back(), "1:hello");
  EXPECT_EQ(notes[1].all().back(), "2:all");
  one.stop();
  two.stop();

  // A slot is on its way (ASK), and has moved (MOVED): "foo" is in 12182, of the third node.
  ASSERT_TRUE(set(client, "foo", "third"));
  const std::string slot = "12182";
  cluster.nodes[1]->ask({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id(2)});
  cluster.nodes[2]->ask({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id(1)});
  ASSERT_TRUE(set(client, "{foo}new", "asked"));
  EXPECT_EQ(get(client, "{foo}new"), "asked");
  EXPECT_EQ(get(client, "foo"), "third");
  cluster.nodes[2]->ask({"DEL", "foo"});
  for (const std::size_t i : {1u, 2u, 0u})
    cluster.nodes[i]->ask({"CLUSTER", "SETSLOT", slot, "NODE", cluster.id(1)});
  EXPECT_EQ(get(client, "{foo}new"), "asked");
  ASSERT_TRUE(set(client, "foo", "second"));
  EXPECT_EQ(cluster.nodes[1]->ask({"GET", "foo"}).text, "second");

  // A master dies, and its replica takes its place.
  std::string key = "0";  // one of the first node's
  for (int i = 0; redis::slot_of(key) >= 5'461; ++i) key = std::to_string(i);
  ASSERT_TRUE(set(client, key, "before"));
  ASSERT_TRUE(eventually([&] {
    return cluster.nodes[3]->ask({"DBSIZE"}).number == cluster.nodes[0]->ask({"DBSIZE"}).number;
  }));
  cluster.nodes[0]->kill();
  cluster.believe_dead_after(1s);
  EXPECT_TRUE(eventually([&] { return set(client, key, "after"); }, 90s)) << *client.trouble();
  cluster.believe_dead_after(20s);
  EXPECT_TRUE(eventually([&] { return get(client, key) == "after"; })) << get(client, key);
  EXPECT_TRUE(eventually([&] { return !client.trouble(); }));
}

TEST_F(RedisDeployment, SpeaksTlsAndBelievesOnlyWhoHasACertificate) {
  const auto directory =
      std::filesystem::temp_directory_path() / ("parley-redis-tls-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string at = directory.string() + "/";
  const std::string make =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
      at + "key.pem -out " + at + "cert.pem 2>/dev/null";
  ASSERT_EQ(std::system(make.c_str()), 0);
  const OwnPort own_port;
  const auto port = own_port.number();
  Server server{{"tls-port " + std::to_string(port), "tls-cert-file " + at + "cert.pem",
                 "tls-key-file " + at + "key.pem", "tls-auth-clients no"}};
  const auto url = [&](const std::string& host) {
    return std::string{"rediss://:"} + redis::kPassword + "@" + host + ":" + std::to_string(port);
  };
  {
    Client client{options_for(url("localhost"))};
    EXPECT_TRUE(get(client, "k").contains("certificate verify failed")) << get(client, "k");
  }
  ::setenv("SSL_CERT_FILE", (at + "cert.pem").c_str(), 1);
  {
    Client client{options_for(url("localhost"))};
    EXPECT_TRUE(set(client, "k", std::string(1 << 20, 'x')));
    EXPECT_EQ(get(client, "k").size(), 1u << 20);
    Client elsewhere{options_for(url("127.0.0.1"))};  // not the name in the certificate
    EXPECT_TRUE(get(elsewhere, "k").contains("certificate verify failed"));
  }
  ::unsetenv("SSL_CERT_FILE");
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace parley::broker
