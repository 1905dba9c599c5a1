#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "app/start_wait.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "broker/redis/bus.h"
#include "broker/redis/client.h"
#include "broker/redis/node_board.h"
#include "delivery/cluster.h"
#include "gateway/event_codec.h"

namespace parley::app {

// A client of the Redis that the settings name; nothing when they name none. Throws
// std::invalid_argument with a sentence when its URL is wrong.
std::unique_ptr<broker::redis::Client> make_redis(const ClusterSettings& settings);

// What makes this node and others one Parley, wired (delivery/cluster.h): a node has it that has
// `redis`. For the loop it is given, but for health() and the metrics.
class BusPart {
 public:
  // What the cluster needs of the rest of the node.
  struct Ties {
    delivery::Router& router;
    delivery::Attendance* attendance;  // or none, without sockets
    std::function<void(const std::vector<delivery::NodeEntry>&)> nodes;
    std::function<void(bool)> serve;
  };

  // `run` is this run of this node.
  BusPart(const NodeSettings& settings, Storage& storage, broker::redis::Client& redis,
          std::uint64_t run, Ties ties, Loop& loop);

  // Takes our place among the nodes. Throws NotYet when another node keeps it, or Redis cannot be
  // reached.
  void join();
  void set_address(const std::string& url);
  Task<void> run() { return cluster_.run(); }
  void say_goodbye() { cluster_.say_goodbye(); }
  void stop() { cluster_.stop(); }

  delivery::Cluster& cluster() { return cluster_; }

  // "ok", or what is the matter.
  std::string health() const;
  // Whether it must serve nobody, because another node has its id.
  bool displaced() const { return cluster_.displaced(); }

  void collect_metrics(Metrics& metrics) const;

 private:
  Task<void> read_ended_sessions();

  Storage& storage_;
  delivery::Router& router_;
  Loop& loop_;
  const std::string advertise_;
  const std::chrono::seconds token_lifetime_;
  Timestamp ended_read_at_;
  gateway::JsonEventCodec codec_;
  broker::RedisBus bus_;
  broker::RedisNodeBoard board_;
  delivery::Cluster cluster_;
};

}  // namespace parley::app
