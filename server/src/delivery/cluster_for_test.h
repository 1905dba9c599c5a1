#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>

#include "base/await_for_test.h"
#include "delivery/bus_for_test.h"
#include "delivery/cluster.h"
#include "delivery/event_codec_for_test.h"
#include "delivery/receiver_for_test.h"

namespace parley::delivery {

// Remembers who came and went, as "+1" and "-1" here, "~+1" and "~-1" elsewhere; "!" behind it:
// this node is to tell; "?": nobody was at it. "*1" and "~*1": somebody is at their connections
// again, or nobody any more; "~b1": they are busy, or no longer; "^" behind it: this node is to
// tell their peers here. Passes it on, when there is somebody to.
class TestAttendance final : public Attendance {
 public:
  void arrived(UserId user) override {
    note("+", user);
    if (next) next->arrived(user);
  }
  void left(UserId user, bool away) override {
    note("-", user, away ? "?" : "");
    if (next) next->left(user, away);
  }
  void attention_changed(UserId user) override {
    note("*", user);
    if (next) next->attention_changed(user);
  }
  void arrived_elsewhere(UserId user, Reach reach) override {
    note("~+", user, mark(reach));
    if (next) next->arrived_elsewhere(user, reach);
  }
  void left_elsewhere(UserId user, bool away, Reach reach) override {
    note("~-", user, (away ? "?" : "") + mark(reach));
    if (next) next->left_elsewhere(user, away, reach);
  }
  void attention_changed_elsewhere(UserId user, Reach reach) override {
    note("~*", user, mark(reach));
    if (next) next->attention_changed_elsewhere(user, reach);
  }
  void busy_changed_elsewhere(UserId user, Timestamp until) override {
    note("~b", user);
    if (next) next->busy_changed_elsewhere(user, until);
  }
  void interrupted() override {
    if (next) next->interrupted();
  }
  void came_back() override {
    if (next) next->came_back();
  }

  // Since the last call.
  std::vector<std::string> take() { return std::exchange(heard_, {}); }

  Attendance* next = nullptr;

 private:
  static std::string mark(Reach reach) {
    return reach == Reach::everywhere ? "!" : reach == Reach::here ? "^" : "";
  }
  void note(std::string what, UserId user, std::string more = {}) {
    heard_.push_back(what + std::to_string(user.value()) + more);
  }
  std::vector<std::string> heard_;
};

// One node of a cluster whose nodes all live on one thread.
class TestNode {
  Loop& loop_;
  const std::uint16_t number_;

 public:
  TestNode(Loop& loop, TestNetwork& network, TestBoard& board, const EventCodec& codec,
           std::uint16_t number, std::uint64_t incarnation)
      : loop_(loop),
        number_(number),
        hub(router.make_hub(loop)),
        port(network, NodeId{number}),
        cluster(
            router, port, board,
            {.id = NodeId{number}, .incarnation = incarnation, .address = {}, .roles = {}}, codec,
            {.attendance = &visitors,
             .signed_out = [this](SessionId session, Timestamp) { signed_out.push_back(session); },
             .read_ended_sessions = [this] { return note_reading(); },
             .serve = [this](bool serve) { serves = serve; }},
            loop, {.batch = {}}) {
    router.set_attendance(&cluster);
    router.set_elsewhere(&cluster);
    await(loop, cluster.join());
  }
  ~TestNode() {
    cluster.stop();
    devices.clear();
    do loop_.restart();
    while (loop_.poll() != 0);  // what is on its way to us
  }
  TestNode(const TestNode&) = delete;
  TestNode& operator=(const TestNode&) = delete;

  FakeReceiver& connect(UserId user, SessionId session = SessionId{1}) {
    const ConnectionId id = ++connections_ + 1'000 * (1ULL + number_);
    devices.push_back(std::make_unique<FakeReceiver>(router, hub, user, session, id));
    return *devices.back();
  }
  void disconnect(const FakeReceiver& device) {
    std::erase_if(devices, [&](const auto& one) { return one.get() == &device; });
  }
  // As its client says; it is noted when the loop runs.
  void set_attended(const FakeReceiver& device, bool attended) {
    boost::asio::post(loop_, [this, &device, attended] {
      router.set_attended(device.user_id, device.connection, attended);
    });
  }
  void look() { await(loop_, cluster.look()); }

  Router router;
  Hub& hub;
  TestAttendance visitors;
  TestNetwork::Port port;
  std::vector<SessionId> signed_out;
  int ended_read = 0;
  bool serves = true;
  Cluster cluster;
  std::vector<std::unique_ptr<FakeReceiver>> devices;

 private:
  Task<void> note_reading() {
    ++ended_read;
    co_return;
  }

  ConnectionId connections_ = 0;
};

// Several of them, and everything between them.
class TestCluster {
 public:
  ~TestCluster() { nodes.clear(); }

  // As on a machine of its own.
  TestNode& start(std::uint16_t number) {
    nodes.push_back(
        std::make_unique<TestNode>(loop, network, board, codec, number, ++incarnations_));
    settle();
    return *nodes.back();
  }
  // Without a word; its lease stays.
  void kill(TestNode& node) {
    node.port.cut(false);
    std::erase_if(nodes, [&](const auto& one) { return one.get() == &node; });
  }

  // Runs what is ready. Time does not pass.
  void run() {
    do loop.restart();
    while (loop.poll() != 0);
  }
  // Until nothing is on its way any more.
  void settle() {
    bool busy = true;
    while (busy) {
      run();
      for (const auto& node : nodes) node->cluster.flush();
      busy = false;
      while (network.carry_one()) busy = true;
      run();
      busy |= !network.waiting.empty();
    }
  }
  // As every few seconds.
  void beat() {
    for (const auto& node : nodes) node->cluster.beat();
    settle();
  }
  void look() {
    for (const auto& node : nodes) node->look();
    settle();
  }

  Loop loop{1};
  TestNetwork network;
  TestBoard board;
  FakeEventCodec codec;
  std::vector<std::unique_ptr<TestNode>> nodes;

 private:
  std::uint64_t incarnations_ = 100;
};

}  // namespace parley::delivery
