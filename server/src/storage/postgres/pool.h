#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "storage/postgres/connection.h"

namespace parley::storage {

// ConnectionPool lends connections of one kind to threads, and opens another one when none is idle.
// There are never more than threads. Safe to call from any thread.
class ConnectionPool {
 public:
  explicit ConnectionPool(PostgresConnection::Options options) : options_(std::move(options)) {}

  // Given back when it goes, unless it broke. Throws StorageUnavailable when none can be opened.
  class Loan {
   public:
    explicit Loan(ConnectionPool& pool) : pool_(pool), connection_(pool.take()) {}
    ~Loan() {
      if (!connection_->broken()) pool_.give_back(std::move(connection_));
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    PostgresConnection& operator*() const { return *connection_; }
    PostgresConnection* operator->() const { return connection_.get(); }

   private:
    ConnectionPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  // Statements run so far by what is idle, for tests that watch what a call costs.
  std::uint64_t statements() const {
    const std::lock_guard lock{mutex_};
    std::uint64_t sum = 0;
    for (const auto& connection : idle_) sum += connection->statements();
    return sum;
  }

  // Closes what is idle: after a failure the others are not likely to be better.
  void drop_idle() {
    const std::lock_guard lock{mutex_};
    idle_.clear();
  }

 private:
  std::unique_ptr<PostgresConnection> take() {
    {
      const std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        return connection;
      }
    }
    return std::make_unique<PostgresConnection>(options_);
  }
  void give_back(std::unique_ptr<PostgresConnection> connection) {
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(connection));
  }

  const PostgresConnection::Options options_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
};

}  // namespace parley::storage
