#pragma once

#include <memory>
#include <optional>
#include <string>

#include "broker/redis/command.h"
#include "broker/redis/connection.h"

namespace parley::broker::redis {

// Route brings commands to the server that has their keys. On the thread of its loop, but for
// trouble().
class Route {
 public:
  virtual ~Route() = default;
  virtual void start() = 0;
  // Fails what is under way.
  virtual void stop() = 0;
  // As Connection::send().
  virtual void send(Command command, Connection::Clock::time_point deadline,
                    Connection::Done done) = 0;
  // Begins all connections anew.
  virtual void restart(const std::string& why) = 0;
  // Nothing when all is well. From any thread.
  virtual std::optional<std::string> trouble() const = 0;
};

// Everything is in one place.
class StraightRoute final : public Route {
 public:
  explicit StraightRoute(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  void start() override { connection_->start(); }
  void stop() override { connection_->stop(); }
  void send(Command command, Connection::Clock::time_point deadline,
            Connection::Done done) override {
    connection_->send(command.bytes, deadline, std::move(done));
  }
  void restart(const std::string& why) override { connection_->restart(why); }
  std::optional<std::string> trouble() const override { return connection_->trouble(); }

 private:
  const std::shared_ptr<Connection> connection_;
};

}  // namespace parley::broker::redis
