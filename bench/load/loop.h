#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "options.h"

namespace bench {

// Hears what the sockets of a Loop bring.
class Handler {
 public:
  virtual ~Handler() = default;

  // One text message from the server; `text` is gone when the call returns.
  virtual void on_text(std::size_t connection, std::string_view text) = 0;

  // The server ended the connection; `why` says how.
  virtual void on_closed(std::size_t connection, const std::string& why) = 0;
};

// Loop drives many WebSocket clients from one thread as cheaply as the kernel allows: level
// triggered epoll, one read per wake-up, and one write per socket and turn however many messages
// were queued on it. It answers pings by itself.
class Loop {
 public:
  explicit Loop(std::vector<Target> targets);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Opens one authenticated WebSocket, waiting for the upgrade, and gives its number: 0, 1, 2 …
  // Throws with the server's answer when it refuses.
  std::size_t connect(const std::string& token, std::size_t target = 0);

  // Begins to open WebSocket `number`, a new one (size()) or one that was closed, and does not
  // wait: on_text() or on_closed() tells what came of it. What is sent meanwhile follows the
  // upgrade.
  void begin(std::size_t number, const std::string& token, std::size_t target);

  // Ends one without a word, and without on_closed().
  void abandon(std::size_t number);

  // Queues a text message; the end of the turn sends it.
  void send(std::size_t connection, std::string_view text);

  // Sends what is queued, waits up to `timeout_ms` for the server, and hands on what came.
  void turn(int timeout_ms, Handler& handler);

  // When the bytes now being handled were read, by now_ns().
  std::int64_t read_at() const { return read_at_; }

  std::size_t size() const { return connections_.size(); }

 private:
  struct Connection {
    int fd = -1;
    bool upgrading = false;
    bool dirty = false;
    bool waits_for_room = false;
    std::string out;
    std::string tail;  // the beginning of a frame whose end has not come
  };

  void mark_dirty(std::size_t number);
  void flush();
  void flush(std::size_t number);
  void read(std::size_t number, Handler& handler);
  void take_early(Handler& handler);
  std::size_t take_frames(std::size_t number, char* bytes, std::size_t size, Handler& handler);
  void watch(std::size_t number, bool for_room);
  void drop(std::size_t number, const std::string& why, Handler& handler);
  std::uint32_t next_mask();
  bool take_upgrade(std::size_t number, std::string_view bytes, std::size_t& consumed,
                    Handler& handler);
  int open_socket(std::size_t number, std::size_t target, bool waits);
  std::string upgrade(const std::string& token, std::size_t target) const;

  std::vector<Target> targets_;
  int epoll_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> dirty_;
  std::vector<std::size_t> early_;  // those whose first frames came together with the upgrade
  std::vector<char> buffer_;
  std::int64_t read_at_ = 0;
  std::uint64_t mask_state_;
};

}  // namespace bench
