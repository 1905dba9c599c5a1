#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "checks.h"
#include "loop.h"
#include "options.h"
#include "wire/seed.h"

namespace bench {

// One frame of the server's: a reply (to request `re`) or an event. The views point into it.
struct Said {
  bool is_reply = false;
  std::uint64_t re = 0;
  std::string_view event;
  std::string_view data;
  std::string_view error;
};
Said parse_said(std::string_view frame);

// Client speaks Parley's frames over many sockets: it opens them, waits for each to be ready, and
// tells replies from events. A refusal, a closed socket and a frame that makes no sense are
// violations. A scenario derives from it and says what a reply or an event means to it.
class Client : public Handler {
 public:
  Client(const Options& options, Checks& checks);

  // Opens one socket for each of users [first, first + count) of the seed file and waits until the
  // server called all of them ready. Socket i is user first + i. With several nodes users 2i and
  // 2i + 1 come to the same one, or to two with --apart=on.
  void connect(std::size_t first, std::size_t count);

  void on_text(std::size_t connection, std::string_view text) final;
  void on_closed(std::size_t connection, const std::string& why) final;

 protected:
  // `data` is the JSON of the answer.
  virtual void on_reply(std::size_t connection, std::uint64_t re, std::string_view data) = 0;
  virtual void on_event(std::size_t connection, std::string_view name, std::string_view data) = 0;

  // Turns the loop until `done()`, until `deadline` (now_ns), or until a check failed. True when
  // done.
  bool turn_until(std::int64_t deadline, const std::function<bool()>& done);

  const Options& options_;
  Checks& checks_;
  std::vector<SeededUser> users_;
  Loop loop_;

 private:
  std::size_t target_of(std::size_t user) const;

  std::size_t ready_ = 0;
};

}  // namespace bench
