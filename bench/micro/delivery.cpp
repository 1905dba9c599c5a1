#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <boost/asio/co_spawn.hpp>

#include "delivery/bus.h"
#include "delivery/cluster.h"
#include "delivery/node_board.h"
#include "delivery/router.h"
#include "gateway/event_codec.h"

// Router::deliver by itself: alone, and with a cluster around it.
namespace {

using namespace parley;
using namespace parley::delivery;

constexpr std::uint64_t kUsers = 100'000;
constexpr std::uint16_t kNodes = 8;

class Silent final : public Receiver {
 public:
  void receive(const std::shared_ptr<const Announcement>& announcement) override {
    benchmark::DoNotOptimize(announcement.get());
  }
  void sign_out() override {}
};

// Takes what is sent and forgets it.
class Hole final : public Bus {
 public:
  void listen(Listener& listener) override {
    listener_ = &listener;
    listener.connected();
  }
  void stop() override { listener_ = nullptr; }
  void send(NodeId, std::string message) override { benchmark::DoNotOptimize(message.data()); }
  void broadcast(std::string message) override { benchmark::DoNotOptimize(message.data()); }

  void hear(std::uint16_t from, NodeMessage::Body body) {
    listener_->received(NodeId{from}, write({.incarnation = from, .body = std::move(body)}));
  }

 private:
  Listener* listener_ = nullptr;
};

class Nobody final : public NodeBoard {
 public:
  Task<bool> renew(NodeEntry) override { co_return true; }
  Task<void> leave(NodeEntry) override { co_return; }
  Task<std::vector<NodeEntry>> nodes() override { co_return std::vector<NodeEntry>{}; }
};

// 100,000 people, spread over eight nodes of which this is one; when it is `alone`, its share is
// all there is.
class Place {
 public:
  explicit Place(bool alone) {
    for (std::uint64_t user = kNodes; user <= kUsers; user += kNodes) {
      here_.push_back(std::make_unique<Silent>());
      here_.back()->user_id = UserId{user};
      router.add(hub_, *here_.back());
    }
    if (alone) return;
    cluster_ =
        std::make_unique<Cluster>(router, bus_, board_, NodeEntry{}, codec_, ClusterHooks{}, loop_);
    router.set_elsewhere(cluster_.get());
    boost::asio::co_spawn(loop_, cluster_->join(), [](std::exception_ptr) {});
    loop_.run();
    for (std::uint16_t node = 1; node < kNodes; ++node) {
      Snapshot all{.number = 1, .serial = 1, .users = {}};
      for (std::uint64_t user = node; user <= kUsers; user += kNodes)
        all.users.push_back(UserId{user});
      bus_.hear(node, std::move(all));
    }
    loop_.restart();
    loop_.run();
  }
  ~Place() {
    for (const auto& receiver : here_) router.remove(hub_, *receiver);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Router router;

 private:
  Loop loop_{1};
  Hub& hub_ = router.make_hub(loop_);
  std::vector<std::unique_ptr<Silent>> here_;
  Hole bus_;
  Nobody board_;
  gateway::JsonEventCodec codec_;
  std::unique_ptr<Cluster> cluster_;
};

// A message to `recipients` people; `where`: 0 a node without a cluster; 1 in a cluster, all of
// them here; 2 in a cluster, spread over its nodes.
void RouterDeliver(benchmark::State& state) {
  const auto where = state.range(0);
  const auto recipients = static_cast<std::uint64_t>(state.range(1));
  Place place{where == 0};
  std::vector<UserId> told;
  for (std::uint64_t i = 1; i <= recipients; ++i)
    told.push_back(UserId{where == 2 ? i * 7 : i * kNodes});
  const Message message{.id = MessageId{1},
                        .chat_id = ChatId{2},
                        .seq = 3,
                        .kind = EntryKind::message,
                        .sender_id = UserId{4},
                        .created_at = {},
                        .client_message_id = "c1",
                        .type = MessageType::text,
                        .content = std::string(150, 'x'),
                        .edited_at = {},
                        .deleted_at = {},
                        .membership = {},
                        .settings = {}};
  for (auto _ : state) place.router.deliver(message, told);
}
BENCHMARK(RouterDeliver)
    ->ArgNames({"where", "recipients"})
    ->ArgsProduct({{0, 1, 2}, {2, 200}})
    ->Unit(benchmark::kNanosecond);

// What a node does of a message from another one, up to its sockets.
void EventFromAnotherNode(benchmark::State& state) {
  const gateway::JsonEventCodec codec;
  const auto frame = codec.encode(Event{Message{}});
  const std::string bytes = write({.incarnation = 1,
                                   .body = Carried{.event = "message:receive",
                                                   .except = 0,
                                                   .recipients = {UserId{1}, UserId{2}},
                                                   .json = codec.json_of(*frame)}});
  for (auto _ : state) {
    const auto read = read_node_message(bytes);
    const auto& carried = std::get<Carried>(read->body);
    benchmark::DoNotOptimize(codec.frame_of(carried.event, carried.json));
  }
}
BENCHMARK(EventFromAnotherNode);

}  // namespace
