#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/task.h"
#include "gateway/http_message.h"
#include "gateway/peers.h"

namespace parley::gateway {

// A request of ours to another node.
struct PeerRequest {
  std::string method = "POST";
  std::string target;
  Headers headers{};
  std::string body{};
  std::size_t most_bytes = 1 << 20;  // of the answer
};

struct PeerAnswer {
  int status = 0;
  Headers headers;
  std::string body;

  std::string_view header(std::string_view name) const;  // given in lower case
};

// What came in place of an answer.
struct PeerFailure {
  enum class Kind : std::uint8_t {
    unreachable,  // no connection: nothing was sent
    lost,         // the connection ended before the answer did: it may have been carried out
    too_late,     // the same, and we did not wait any longer
    malformed,    // something that is no answer
  };
  Kind kind;
  std::string why;
  bool kept = false;  // the connection had served before: maybe it was just being closed
};

// PeerClient speaks HTTP/1.1 with other nodes over connections that it keeps: a connection belongs
// to the loop it was opened on, and serves one request at a time. Safe to call from any loop.
class PeerClient {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kConnectTimeout{1};
  // Less than what a node waits for the next request (NetworkOptions::keep_alive).
  static constexpr std::chrono::seconds kKeep{20};
  static constexpr std::size_t kMostIdle = 64;  // per loop and peer

  PeerClient();
  ~PeerClient();
  PeerClient(const PeerClient&) = delete;
  PeerClient& operator=(const PeerClient&) = delete;

  Task<std::expected<PeerAnswer, PeerFailure>> ask(const Peer& peer, const PeerRequest& request,
                                                   Clock::time_point deadline);

  // Closes what is idle. When the loops have ended, and before they are gone.
  void stop();

  std::size_t idle() const;

 private:
  class Connection;
  using Key = std::pair<const Loop*, std::string>;

  std::shared_ptr<Connection> take(const Key& key);
  void keep(const Key& key, std::shared_ptr<Connection> connection);

  mutable std::mutex mutex_;  // guards idle_
  std::map<Key, std::vector<std::shared_ptr<Connection>>> idle_;
};

}  // namespace parley::gateway
