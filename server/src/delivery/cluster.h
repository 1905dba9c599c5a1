#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/task.h"
#include "delivery/bus.h"
#include "delivery/directory.h"
#include "delivery/elsewhere.h"
#include "delivery/event_codec.h"
#include "delivery/membership.h"
#include "delivery/node_board.h"
#include "delivery/node_message.h"
#include "delivery/own_users.h"
#include "delivery/peer.h"
#include "delivery/resyncs.h"
#include "delivery/router.h"

namespace parley::delivery {

// What the rest of the node does for the cluster. Called on its loop but where it says otherwise.
struct ClusterHooks {
  // Told of arrivals and departures, as Attendance says. A node without sockets has none.
  Attendance* attendance = nullptr;
  // The session ended on another node. From any thread.
  std::function<void(SessionId, Timestamp until)> signed_out = [](SessionId, Timestamp) {};
  // Reads again which sessions ended lately: the news of some may be lost. May throw.
  std::function<Task<void>()> read_ended_sessions = []() -> Task<void> { co_return; };
  // Who is on the board.
  std::function<void(const std::vector<NodeEntry>&)> nodes = [](const auto&) {};
  // Another node has our id, and ids that both give out would be the same: serve nobody; or: go
  // on.
  std::function<void(bool serve)> serve = [](bool) {};
};

struct ClusterTimes {
  std::chrono::milliseconds batch{20};  // at least between two Moves of a small cluster
  std::chrono::milliseconds heartbeat{5'000};
  std::chrono::milliseconds look{NodeBoard::kRenewal};
};

// What the operator sees. Written and read from any thread.
struct ClusterCounts {
  std::atomic<std::uint64_t> in{0}, out{0}, dropped{0}, refused{0};  // messages
  std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};
  std::atomic<std::uint64_t> snapshots{0};  // asked for
};

// Cluster makes this node and others like it one Parley: events and ends of sessions reach
// connections on every node, and everybody is online who is so anywhere
// (docs/decisions/0011-a-directory-on-every-node.md).
//
// It lives on `loop`. deliver(), sign_out(), online() and the Attendance half, which is for the
// Router of this node, are safe to call from any thread. Delivery is at most once, as the Router
// promises; but who may have missed something that matters is told to sync.
class Cluster final : public Elsewhere, public Attendance, private Bus::Listener {
 public:
  Cluster(Router& router, Bus& bus, NodeBoard& board, NodeEntry self, const EventCodec& codec,
          ClusterHooks hooks, Loop& loop, ClusterTimes times = {});

  // Before the node serves; throws as Membership::join() does. Tries for so long.
  Task<void> join(std::chrono::milliseconds patience = Membership::kPatience);
  // Where other nodes reach this one, when that is known; before run().
  void set_address(std::string address) { membership_.set_address(std::move(address)); }
  // From then on until stop(): tells and listens. Then gives our place on the board back.
  Task<void> run();
  // This node is about to close its sockets: the others need not wait to notice.
  void say_goodbye();
  void stop();

  bool online(UserId user) const override { return directory_.places_of(user) != 0; }
  bool attended(UserId user) const override;
  bool speaks_for(UserId user) const override;
  void busy_changed(UserId user, Timestamp until) override;
  void deliver(const Announcement& announcement, const std::vector<UserId>& recipients,
               ConnectionId except) override;
  void sign_out(UserId user, SessionId session, Timestamp until) override;

  void arrived(UserId user) override;
  void left(UserId user, bool away) override;
  void attention_changed(UserId user) override;

  // What the operator should know, as a sentence. From any thread, like the rest here.
  std::optional<std::string> trouble() const;
  // Whether another node has our id.
  bool displaced() const { return displaced_; }
  const ClusterCounts& counts() const { return counts_; }
  std::size_t directory_size() const { return directory_.size(); }
  std::size_t nodes() const { return nodes_; }
  std::uint64_t resyncs() const { return resyncs_.told(); }

  // What the timers call; tests call them to own the time.
  void flush();
  void beat();
  Task<void> look();

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;
  struct Member {
    std::uint64_t incarnation = 0;
    Peer peer;
    bool tells = false;  // as its Heartbeat says
    int silence = 0;     // heartbeats of ours since it was last heard
    bool owed = false;   // we could not reach it, and have not said yet who missed something
    // What was sent to us, and what came, when we began to compare.
    std::optional<std::pair<std::uint64_t, std::uint64_t>> base{};
  };
  using Members = std::map<NodeId, Member>;
  static constexpr std::size_t kNodeIds = 1024;

  // cluster.cpp: to the others.
  bool speaks() const { return connected_ && !displaced_; }
  void send(NodeId to, const NodeMessage& message);
  void broadcast(const NodeMessage& message);
  NodeMessage message(NodeMessage::Body body) const;
  Heartbeat heartbeat(bool answer) const;
  void touch(UserId user, bool told);
  void flush_soon();
  void beat_later();
  void come_back();
  void tell_missed(NodeId node, Member& member);

  // cluster_receive.cpp: from them.
  void received(NodeId from, std::string_view bytes) override;
  void connected() override;
  void disconnected() override;
  void refuse(NodeId from, const char* why);
  void hand_to_sockets(NodeId from, Carried carried);
  void handle(NodeId from, NodeMessage message);
  Member& member(NodeId node, std::uint64_t incarnation);
  void ask(NodeId node);
  void compare_sent(NodeId from, Member& member, const Heartbeat& heartbeat);
  void settle(NodeId node, const std::vector<Passage>& passages);
  void settle(const Passage& passage, std::optional<NodeId> telling);
  void read_board(const Membership::Look& look);
  void forget(NodeId node);
  std::optional<NodeId> teller() const;
  bool we_tell(std::optional<NodeId> teller) const { return teller == membership_.self().id; }

  Router& router_;
  Bus& bus_;
  const EventCodec& codec_;
  const ClusterHooks hooks_;
  Loop& loop_;
  const ClusterTimes times_;
  Membership membership_;
  Directory directory_;
  OwnUsers own_;
  Resyncs resyncs_;
  ClusterCounts counts_;

  Timer flush_timer_, beat_timer_, wake_;
  std::chrono::steady_clock::time_point next_flush_;
  Members members_;
  std::map<NodeId, std::uint64_t> said_goodbye_;  // their incarnation
  // Who left without their node telling, and which node was to tell instead.
  struct Orphan {
    UserId user;
    bool away = false;
    std::optional<NodeId> teller;
    int age = 0;  // heartbeats
  };
  std::deque<Orphan> orphans_;
  bool read_ended_ = false;
  bool stopping_ = false;

  std::atomic<bool> connected_{false};
  std::atomic<bool> displaced_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> crowded_{false};  // there are more than 64 nodes with users
  std::atomic<std::size_t> nodes_{1};
  std::array<std::atomic<std::uint64_t>, kNodeIds> sent_{};  // Carried that matter, by node
  std::array<std::atomic<std::uint64_t>, kNodeIds> came_{};

  std::chrono::steady_clock::time_point next_complaint_;  // the listener's own

  std::mutex mutex_;  // guards what follows
  std::deque<std::pair<std::chrono::steady_clock::time_point, SignedOut>> signed_out_;
};

}  // namespace parley::delivery
