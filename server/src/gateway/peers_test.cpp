#include "gateway/peers.h"

#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "model/error.h"

namespace parley::gateway {
namespace {

using delivery::NodeEntry;
using delivery::NodeId;
using delivery::NodeRole;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint64_t kSelf = 99;

NodeEntry entry(std::uint16_t id, std::string address, std::string roles) {
  return {.id = NodeId{id},
          .incarnation = id,
          .address = std::move(address),
          .roles = std::move(roles)};
}

std::vector<std::string> addresses(Peers& peers, NodeRole role) {
  std::vector<std::string> found;
  for (const auto& peer : peers.with(role)) found.push_back(peer->address);
  return found;
}

TEST(HostAndPort, TakesAddressesApart) {
  using Pair = std::pair<std::string, std::string>;
  EXPECT_EQ(host_and_port("http://chat:8082"), (Pair{"chat", "8082"}));
  EXPECT_EQ(host_and_port("http://10.0.0.1:8082/"), (Pair{"10.0.0.1", "8082"}));
  EXPECT_EQ(host_and_port("http://[::1]:80"), (Pair{"::1", "80"}));
  for (const std::string_view wrong :
       {"", "chat:8082", "https://chat:8082", "http://chat", "http://chat:", "http://:80",
        "http://chat:0", "http://chat:65536", "http://chat:80x", "http://a b:80", "http://a/b:80",
        "http://me@chat:80", "http://::1:80", "http://chat:80/path"})
    EXPECT_FALSE(host_and_port(wrong)) << wrong;
}

TEST(Peers, KnowsWhoTheOperatorNamed) {
  Peers peers{{{NodeRole::user, "http://a:1"},
               {NodeRole::chat, "http://b:2"},
               {NodeRole::chat, "http://a:1"}},
              kSelf};
  EXPECT_THAT(addresses(peers, NodeRole::user), ElementsAre("http://a:1"));
  EXPECT_THAT(addresses(peers, NodeRole::chat), UnorderedElementsAre("http://a:1", "http://b:2"));
  EXPECT_THAT(addresses(peers, NodeRole::notification), IsEmpty());
}

TEST(Peers, BeginsWithAnotherOneEachTime) {
  Peers peers{{{NodeRole::chat, "http://a:1"}, {NodeRole::chat, "http://b:2"}}, kSelf};
  std::set<std::string> first;
  for (int i = 0; i < 2; ++i) first.insert(addresses(peers, NodeRole::chat).front());
  EXPECT_THAT(first, UnorderedElementsAre("http://a:1", "http://b:2"));
}

TEST(Peers, FollowsTheBoardAndKeepsWhatItKnows) {
  Peers peers{{{NodeRole::user, "http://u:1"}}, kSelf};
  peers.see({entry(1, "http://c:1", "chat,processor"), entry(2, "http://d:1", "chat,later"),
             entry(kSelf, "http://me:1", "gateway,user,chat"), entry(3, "nonsense", "chat")});
  EXPECT_THAT(addresses(peers, NodeRole::chat), UnorderedElementsAre("http://c:1", "http://d:1"));
  EXPECT_THAT(addresses(peers, NodeRole::user), ElementsAre("http://u:1"));
  const auto kept = peers.with(NodeRole::processor).front();

  peers.see({entry(1, "http://c:1", "chat,processor")});
  EXPECT_THAT(addresses(peers, NodeRole::chat), ElementsAre("http://c:1"));
  EXPECT_EQ(peers.with(NodeRole::processor).front(), kept);
  peers.see({});
  EXPECT_THAT(addresses(peers, NodeRole::chat), IsEmpty());
  EXPECT_THAT(addresses(peers, NodeRole::user), ElementsAre("http://u:1"));
}

TEST(Peers, CountsThoseThatAnswer) {
  Peers peers{{{NodeRole::chat, "http://a:1"}, {NodeRole::chat, "http://b:2"}}, kSelf};
  EXPECT_EQ(peers.state(NodeRole::chat).known, 2u);
  EXPECT_EQ(peers.state(NodeRole::chat).answering, 2u);
  const auto peer = peers.with(NodeRole::chat).front();
  for (int i = 0; i < 3; ++i) peer->breaker.failed(CircuitBreaker::Clock::now());
  EXPECT_EQ(peers.state(NodeRole::chat).known, 2u);
  EXPECT_EQ(peers.state(NodeRole::chat).answering, 1u);
}

// A board that answers, then fails, then answers with somebody else.
class FakeBoard final : public delivery::NodeBoard {
 public:
  Task<bool> renew(NodeEntry) override { co_return true; }
  Task<void> leave(NodeEntry) override { co_return; }
  Task<std::vector<NodeEntry>> nodes() override {
    ++asked;
    if (asked == 1) co_return std::vector{entry(1, "http://c:1", "chat")};
    if (asked < 4) throw StorageUnavailable("gone");
    co_return std::vector{entry(2, "http://d:1", "chat")};
  }
  int asked = 0;
};

TEST(Peers, RemembersTheBoardWhileItIsGone) {
  Peers peers{{}, kSelf};
  FakeBoard board;
  Loop loop{1};
  bool ended = false;
  boost::asio::co_spawn(loop, peers.follow(board, std::chrono::milliseconds{1}),
                        [&](std::exception_ptr) { ended = true; });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (board.asked < 3 && std::chrono::steady_clock::now() < deadline) loop.run_one();
  EXPECT_THAT(addresses(peers, NodeRole::chat), ElementsAre("http://c:1"));
  while (board.asked < 5 && std::chrono::steady_clock::now() < deadline) loop.run_one();
  EXPECT_THAT(addresses(peers, NodeRole::chat), ElementsAre("http://d:1"));
  peers.stop();
  loop.run();
  EXPECT_TRUE(ended);
}

TEST(NodeRoles, ReadAndWriteTheirNames) {
  using delivery::NodeRoles;
  EXPECT_EQ(NodeRoles::read("gateway,user,chat,processor,notification"), NodeRoles::all());
  EXPECT_EQ(NodeRoles::read("chat,unheard-of,,user").text(), "user,chat");
  EXPECT_EQ(NodeRoles::read("").text(), "");
  EXPECT_EQ(NodeRoles::read("processor").only(), NodeRole::processor);
  EXPECT_FALSE(NodeRoles::read("processor,chat").only());
  EXPECT_FALSE(NodeRoles::read("").only());
}

}  // namespace
}  // namespace parley::gateway
