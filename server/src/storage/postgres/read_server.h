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

#include "storage/postgres/pool.h"
#include "storage/sql/database.h"

namespace parley::storage {

// ReadServer is the server of `storage-reads`: a streaming replica, or a pooler (pgbouncer in
// transaction mode) in front of one server, be it a replica or the primary. What it reads is never
// older than what the primary had flushed when the read began. When it cannot say so it reads
// nothing, and the primary is to be asked.
//
// A thread of its own looks at it twice a second: whether it is there, belongs to this store,
// follows the primary, and how far it is behind. While it is not fit nobody waits for it. Safe to
// call from any thread.
class ReadServer {
 public:
  static constexpr std::chrono::milliseconds kLook{500};
  // How long a read waits for what the primary has already.
  static constexpr std::chrono::milliseconds kMayLag{100};

  struct Options {
    std::string url;
    std::string primary_url;
    std::chrono::milliseconds connect_within{2'000};
    std::chrono::milliseconds looks_within{1'000};   // to say how far it is, and the primary
    std::chrono::milliseconds answer_within{5'000};  // a read
  };

  explicit ReadServer(Options options);
  ~ReadServer();
  ReadServer(const ReadServer&) = delete;
  ReadServer& operator=(const ReadServer&) = delete;

  void stop();

  // Calls `work`, maybe twice, on what is committed. False when it was not done here, or did not
  // come to an end: the primary has to do it. Throws nothing.
  bool read(const std::function<void(Connection&)>& work);

  ReadServerState state() const;

 private:
  using Clock = std::chrono::steady_clock;

  // Where the primary is.
  struct Position {
    std::string flushed, timeline, origin;
  };
  struct Awaited {
    std::string position;
    Clock::time_point since;
  };

  bool try_read(const std::function<void(Connection&)>& work);
  bool is_fresh(PostgresConnection& db);
  bool has_reached(PostgresConnection& db, const Position& primary);
  std::string behind(Clock::duration late);
  void refused(const std::string& why);

  void serve();
  std::optional<std::string> look();
  std::optional<std::string> identify();
  std::optional<std::string> measure_lag();
  void set_trouble(std::optional<std::string> why);
  Position remembered() const;

  const Options options_;
  ConnectionPool primary_;  // to ask how far it is
  ConnectionPool pool_;
  std::atomic<bool> fit_{false};
  std::atomic<bool> is_replica_{false};
  std::atomic<std::chrono::milliseconds> lag_{std::chrono::milliseconds{0}};
  std::atomic<std::uint64_t> served_{0};
  std::atomic<std::uint64_t> passed_on_{0};

  std::unique_ptr<PostgresConnection> connection_;  // of the thread
  std::optional<Awaited> awaited_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<std::string> trouble_{"it was not looked at yet"};
  std::optional<bool> told_fit_;
  std::string refusal_;  // the last one that was told
  Position known_;       // the primary at the last look
  std::thread thread_;
};

}  // namespace parley::storage
