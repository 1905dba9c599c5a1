#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "storage/postgres/connection.h"

namespace parley::storage {

// Names the locks on numbers of nodes among those of the database: the first half of their keys.
inline constexpr std::int64_t kNodeLocks = 0x7061'726c;

// Another node uses our number. Says so in a sentence for the operator.
struct NodeIdInUse : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// PostgresMonitor looks after the server from a thread of its own: whether anything can be stored,
// how far its clock is from ours, and that no other node has our number. The number is an advisory
// lock that lives as long as the monitor's connection, so it is free as soon as a node is gone.
//
// A node whose lock was lost notices within kGlance, and must give out no ids until it has it
// again. Whoever finds connections of another holder of its number ends them, and gives it
// kHandOver to notice.
class PostgresMonitor {
 public:
  static constexpr std::chrono::milliseconds kLook{1'000};
  static constexpr std::chrono::hours kPartitions{6};
  static constexpr std::chrono::milliseconds kGlance{100};
  static constexpr std::chrono::milliseconds kHandOver{500};

  // What the connections of a node are called in pg_stat_activity.
  static std::string name_of(std::uint32_t node);

  struct Options {
    PostgresConnection::Options connection;
    // The number to hold; without one, any that is free, from the greatest down.
    std::optional<std::uint32_t> node;
    // How long a number is tried for that somebody holds: a connection of a dead node may last.
    std::chrono::milliseconds claim_within{15'000};
    // Told how far the server's clock is ahead of ours, after every look.
    std::function<void(std::chrono::milliseconds)> clock_measured;
  };

  // Claims the number. Throws NodeIdInUse when somebody holds it for longer than `claim_within`,
  // StorageUnavailable when the server cannot be reached.
  PostgresMonitor(Options options, const Clock& clock);
  ~PostgresMonitor();

  void stop();

  std::uint32_t node() const { return node_; }

  // Why our number may be another's at the moment; nothing while it is ours. From any thread.
  std::optional<std::string> number_lost() const;

  // The schema is there: from now on every look keeps the epoch (storage/postgres/epoch.h), and now
  // and then one makes partitions ahead of time.
  void watch_schema() { watches_schema_.store(true, std::memory_order_release); }

  // Something could not be stored: so it is until a look finds that it can.
  void failed(std::string why);
  std::optional<std::string> trouble() const;

 private:
  void claim();
  bool try_claim(std::uint32_t node);
  void end_earlier_holder();
  void wait_for_look(std::unique_lock<std::mutex>& lock);
  void serve();
  void look();
  void keep_partitions();
  void measure_clock();

  const Options options_;
  const Clock& clock_;
  std::unique_ptr<PostgresConnection> connection_;
  std::uint32_t node_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<std::string> trouble_;
  std::atomic<bool> holds_{false};  // the lock
  std::atomic<bool> watches_schema_{false};
  std::chrono::steady_clock::time_point next_partitions_{};
  std::thread thread_;
};

}  // namespace parley::storage
