#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delivery/bus.h"
#include "delivery/node_board.h"
#include "model/error.h"

namespace parley::delivery {

// Buses of one process, for one thread. What is sent waits until carry(); a test may lose it,
// change its order, or cut a node off.
class TestNetwork {
 public:
  struct Parcel {
    NodeId from;
    NodeId to;
    std::string bytes;
  };

  class Port final : public Bus {
   public:
    Port(TestNetwork& network, NodeId id) : network_(network), id_(id) {}
    ~Port() override { stop(); }
    void listen(Listener& listener) override {
      listener_ = &listener;
      network_.ports_[id_] = this;
      listener.connected();
    }
    void stop() override {
      listener_ = nullptr;
      if (const auto mine = network_.ports_.find(id_);
          mine != network_.ports_.end() && mine->second == this)
        network_.ports_.erase(mine);
    }
    void send(NodeId to, std::string message) override {
      if (!cut_) network_.waiting.push_back({id_, to, std::move(message)});
    }
    void broadcast(std::string message) override {
      for (const auto& [to, port] : network_.ports_)
        if (to != id_) send(to, message);
    }

    // The way to and from this node is interrupted, and whether it notices.
    void cut(bool notices = true) {
      cut_ = true;
      if (notices && listener_) listener_->disconnected();
    }
    void heal() {
      cut_ = false;
      if (listener_) listener_->connected();
    }

   private:
    friend class TestNetwork;
    TestNetwork& network_;
    const NodeId id_;
    Listener* listener_ = nullptr;
    bool cut_ = false;
  };

  // Brings the oldest parcel, or loses it when nobody is there. False when there was none.
  bool carry_one() {
    if (waiting.empty()) return false;
    const Parcel parcel = std::move(waiting.front());
    waiting.pop_front();
    ++carried;
    const auto port = ports_.find(parcel.to);
    if (port == ports_.end() || port->second->cut_ || !port->second->listener_) return true;
    if (loses && loses(parcel)) return true;
    port->second->listener_->received(parcel.from, parcel.bytes);
    return true;
  }

  std::deque<Parcel> waiting;
  std::function<bool(const Parcel&)> loses;
  int carried = 0;

 private:
  std::map<NodeId, Port*> ports_;
};

// A board whose leases run out when a test says so.
class TestBoard final : public NodeBoard {
 public:
  Task<bool> renew(NodeEntry self) override {
    check();
    const auto [holder, taken] = entries.try_emplace(self.id, self);
    co_return taken || holder->second.incarnation == self.incarnation;
  }
  Task<void> leave(NodeEntry self) override {
    check();
    const auto holder = entries.find(self.id);
    if (holder != entries.end() && holder->second.incarnation == self.incarnation)
      entries.erase(holder);
    co_return;
  }
  Task<std::vector<NodeEntry>> nodes() override {
    check();
    std::vector<NodeEntry> all;
    for (const auto& [id, entry] : entries) all.push_back(entry);
    co_return all;
  }

  std::map<NodeId, NodeEntry> entries;
  bool reachable = true;

 private:
  void check() const {
    if (!reachable) throw StorageUnavailable("the board is away");
  }
};

}  // namespace parley::delivery
