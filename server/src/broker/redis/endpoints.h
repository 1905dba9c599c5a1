#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/redis/socket.h"
#include "broker/redis/url.h"

namespace parley::broker::redis {

// Endpoints says where a connection shall go. Asked before every attempt, on the thread of the
// loop.
class Endpoints {
 public:
  virtual ~Endpoints() = default;
  // Throws std::runtime_error with a sentence when nobody can say.
  virtual Task<Host> next() = 0;
  // Ends next().
  virtual void stop() {}
};

// Hosts that are as good as each other, in turn. The list may change meanwhile.
class TurnEndpoints final : public Endpoints {
 public:
  explicit TurnEndpoints(std::shared_ptr<const std::vector<Host>> hosts)
      : hosts_(std::move(hosts)) {}
  Task<Host> next() override;

 private:
  const std::shared_ptr<const std::vector<Host>> hosts_;
  std::size_t turn_ = 0;
};

// The master that sentinels name: the first of them that answers is believed, and asked first the
// next time.
class SentinelEndpoints final : public Endpoints {
 public:
  SentinelEndpoints(Loop& loop, Url url, std::chrono::milliseconds patience);
  Task<Host> next() override;
  void stop() override;

 private:
  // Throws when this sentinel cannot say.
  Task<Host> ask(Host sentinel);

  Loop& loop_;
  const Url url_;
  const std::chrono::milliseconds patience_;
  std::size_t turn_ = 0;
  std::shared_ptr<Socket> asked_;
  bool stopping_ = false;
};

// The command that says who we are; empty when there is no password.
std::vector<std::string> sign_in_command(const Url& url);

}  // namespace parley::broker::redis
