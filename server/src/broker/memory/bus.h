#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "delivery/bus.h"

namespace parley::broker {

class MemoryBus;

// MemoryExchange joins the buses of nodes that live in one process: a cluster without Redis, as
// tests have it. Its one thread calls all listeners. It outlives its buses.
class MemoryExchange {
 public:
  MemoryExchange();
  ~MemoryExchange();
  MemoryExchange(const MemoryExchange&) = delete;
  MemoryExchange& operator=(const MemoryExchange&) = delete;

  // Interrupts the way to and from a node, and opens it again.
  void cut(delivery::NodeId node);
  void mend(delivery::NodeId node);

 private:
  friend class MemoryBus;
  struct Member {
    delivery::Bus::Listener* listener = nullptr;
    bool cut = false;
    bool connected = false;  // as its listener was told
  };
  struct Note {  // without a message: look at the member's way
    std::optional<delivery::NodeId> from;
    delivery::NodeId to;
    std::string message;
  };

  void join(delivery::NodeId node, delivery::Bus::Listener& listener);
  void leave(delivery::NodeId node);
  void carry(delivery::NodeId from, std::optional<delivery::NodeId> to, std::string message);
  void set_cut(delivery::NodeId node, bool cut);
  void serve();
  void deliver(std::unique_lock<std::mutex>& lock, Note note);

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::map<delivery::NodeId, Member> members_;
  std::deque<Note> notes_;
  std::optional<delivery::NodeId> called_;  // whose listener is being called
  bool stopping_ = false;
  std::thread thread_;
};

// One node's side of an exchange.
class MemoryBus final : public delivery::Bus {
 public:
  MemoryBus(MemoryExchange& exchange, delivery::NodeId self) : exchange_(exchange), self_(self) {}
  ~MemoryBus() override { stop(); }

  void listen(Listener& listener) override { exchange_.join(self_, listener); }
  void stop() override { exchange_.leave(self_); }
  void send(delivery::NodeId to, std::string message) override {
    exchange_.carry(self_, to, std::move(message));
  }
  void broadcast(std::string message) override { exchange_.carry(self_, {}, std::move(message)); }

 private:
  MemoryExchange& exchange_;
  const delivery::NodeId self_;
};

}  // namespace parley::broker
