#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/await_for_test.h"
#include "delivery/bus_for_test.h"
#include "delivery/cluster.h"
#include "delivery/event_codec_for_test.h"
#include "delivery/receiver_for_test.h"

namespace parley::delivery {

// Remembers who came and went, as "+1" and "-1" here, "~+1" and "~-1" elsewhere; "!" behind it:
// this node is to tell. Passes it on, when there is somebody to.
class TestAttendance final : public Attendance {
 public:
  void arrived(UserId user) override {
    note("+", user);
    if (next) next->arrived(user);
  }
  void left(UserId user) override {
    note("-", user);
    if (next) next->left(user);
  }
  void arrived_elsewhere(UserId user) override {
    note("~+", user);
    if (next) next->arrived_elsewhere(user);
  }
  void left_elsewhere(UserId user, bool ours) override {
    note("~-", user, ours ? "!" : "");
    if (next) next->left_elsewhere(user, ours);
  }

  // Since the last call.
  std::vector<std::string> take() { return std::exchange(heard_, {}); }

  Attendance* next = nullptr;

 private:
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
