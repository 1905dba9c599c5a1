#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "app/start_wait.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "delivery/router.h"
#include "gateway/gate.h"
#include "gateway/server.h"

namespace parley::app {

// Entrance is where everybody comes in. It takes the port as soon as the settings are read: until a
// node stands behind it, it answers the operator's pages by what `wait` knows, and whoever else
// comes is told to come back.
class Entrance {
 public:
  // `loop` is the loop of the main thread, which has things to tell to connections.
  Entrance(const NodeSettings& settings, const Clock& clock, const StartWait& wait, Loop& loop);

  // Binds and answers. Throws std::runtime_error with a sentence when it cannot.
  void open() { server_->start(); }
  // Nobody calls what is behind any more. For good.
  void close() { server_.reset(); }

  delivery::Router& router() { return router_; }
  gateway::Gate& gate() { return gate_; }
  gateway::Server& server() { return *server_; }

 private:
  std::optional<gateway::HttpResponse> page(std::string_view path) const;

  const StartWait& wait_;
  const std::string role_;  // as /ready names this node
  Metrics metrics_;         // until there is a node, which has its own
  delivery::Router router_;
  gateway::Gate gate_;
  std::optional<gateway::Server> server_;
};

// What the operator sees of the traffic of `server`, which is there as long as `metrics` are read.
void collect_traffic(Metrics& metrics, const gateway::Server& server);

}  // namespace parley::app
