#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace parley::delivery {

// A node of a cluster, by the number that goes into its ids (0..1023).
enum class NodeId : std::uint16_t {};

// Bus carries messages from node to node. At most once: what is sent while the way is interrupted,
// or to a node that is gone, is lost, and nobody is told. What one node sends to another arrives in
// order. Safe to call from any thread; never blocks.
class Bus {
 public:
  // Whoever listens is called on one thread at a time.
  class Listener {
   public:
    virtual ~Listener() = default;
    // `message` lives until the call returns.
    virtual void received(NodeId from, std::string_view message) = 0;
    // From here on messages come in again: what was sent before may have been lost. Called for the
    // first connection too.
    virtual void connected() = 0;
    // Nothing comes in or goes out until connected().
    virtual void disconnected() = 0;
  };

  virtual ~Bus() = default;

  // Before anything is sent. One listener, which outlives the bus or calls stop() first.
  virtual void listen(Listener& listener) = 0;
  // After it the listener is not called any more.
  virtual void stop() = 0;

  // What is sent within one turn of a loop goes out together.
  virtual void send(NodeId to, std::string message) = 0;
  // To every other node.
  virtual void broadcast(std::string message) = 0;
};

}  // namespace parley::delivery
