#pragma once

#include <chrono>

#include "broker/redis/client.h"
#include "delivery/node_board.h"

namespace parley::broker {

// RedisNodeBoard keeps the leases in two keys, which are in one slot of a cluster:
// parley:{nodes}:until, a sorted set of ids by the time their lease runs out, and
// parley:{nodes}:entries, a hash of what each says of itself. It is the clock of Redis that counts.
class RedisNodeBoard final : public delivery::NodeBoard {
 public:
  // `client` outlives it. Who has no answer within `patience` is told that the board is away.
  explicit RedisNodeBoard(redis::Client& client,
                          std::chrono::milliseconds patience = std::chrono::seconds{2})
      : client_(client), patience_(patience) {}

  Task<bool> renew(delivery::NodeEntry self) override;
  Task<void> leave(delivery::NodeEntry self) override;
  Task<std::vector<delivery::NodeEntry>> nodes() override;

 private:
  Task<redis::Reply> run(const redis::Script& script, std::vector<std::string> arguments);

  redis::Client& client_;
  const std::chrono::milliseconds patience_;
};

}  // namespace parley::broker
