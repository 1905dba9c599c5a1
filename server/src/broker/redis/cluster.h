#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "broker/redis/route.h"

namespace parley::broker::redis {

// ClusterRoute knows which node of a Redis Cluster has which slots, follows MOVED and ASK, and
// looks at the map again when a node is lost or says that slots have moved. A command that meets a
// slot on its way is refused like one that meets a server that is down.
class ClusterRoute final : public Route {
 public:
  // `hosts`: some of the nodes. What is learned later is put there too, for those who subscribe.
  ClusterRoute(Loop& loop, std::shared_ptr<std::vector<Host>> hosts, Connection::Options options);

  void start() override;
  void stop() override;
  void send(Command command, Connection::Clock::time_point deadline,
            Connection::Done done) override;
  void restart(const std::string& why) override;
  std::optional<std::string> trouble() const override;

 private:
  using Node = std::shared_ptr<Connection>;
  struct Flight {  // a command and how far it has come
    Command command;
    Connection::Clock::time_point deadline;
    Connection::Done done;
    int hops = 0;
  };

  Node node(const Host& host);
  void launch(std::unique_ptr<Flight> flight);
  void launch(std::unique_ptr<Flight> flight, const Node& to, bool asking);
  void landed(std::unique_ptr<Flight> flight, const Node& from, Outcome outcome);
  // Asks for the map, now or a little later.
  void look(std::chrono::milliseconds later);
  void ask_for_map();
  // Whether it was one.
  bool read_map(const Reply& map, const Host& from);
  void fail_early(const std::string& why);

  Loop& loop_;
  const std::shared_ptr<std::vector<Host>> hosts_;
  const std::vector<Host> seeds_;
  const Connection::Options options_;
  std::map<std::string, Node> nodes_;  // by host:port
  std::array<Node, kSlots> slots_;
  std::vector<std::unique_ptr<Flight>> early_;  // until there is a map
  SteadyTimer looks_;
  bool looking_ = false;
  bool has_map_ = false;
  bool stopping_ = false;
  std::size_t turn_ = 0;
  std::size_t failures_ = 0;

  mutable std::mutex mutex_;  // guards what trouble() reads: map_trouble_ and the keys of nodes_
  std::optional<std::string> map_trouble_ = "not connected yet";
};

}  // namespace parley::broker::redis
