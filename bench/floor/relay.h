#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "journal.h"
#include "wire/seed.h"

namespace bench {

// Ways for the relay to be wrong on purpose, each on every 50th message, so that the generator's
// checks can be checked.
enum class Misbehave {
  none,
  lose,      // acknowledges and does not push
  twice,     // pushes twice
  reorder,   // pushes after the next one of the chat
  gap,       // leaves a seq out
  mismatch,  // replies with another message's id
  alter,     // changes the content
  forget,    // leaves it out of the history
  // Always:
  refuse,   // refuses sockets of every other user without saying when to come back
  deaf,     // never answers `sync`
  absent,   // says of everybody that they are away,
  present,  // or that they are there
};

// Relay is the floor: what a chat server cannot do without, and nothing else. One thread frames,
// reads just enough JSON, gives out seqs from memory and forwards; the journal makes messages and
// receipts durable before anything is acknowledged or forwarded. No accounts, no membership, no
// deduplication, no limits; a history only on request (`keeps_history`), in memory, for testing the
// generator: it is no part of the floor.
class Relay {
 public:
  Relay(const std::string& host, std::uint16_t port, const std::vector<SeededUser>& users,
        Journal& journal, Misbehave misbehave, bool keeps_history);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  std::uint16_t port() const;

  [[noreturn]] void run();

 private:
  struct Connection {
    int fd = -1;
    std::uint32_t user = 0;
    bool upgraded = false;
    bool dirty = false;
    bool waits_for_room = false;
    std::string tail;
    std::string out;
  };
  struct User {
    std::uint64_t id = 0;
    std::vector<std::uint32_t> connections;
  };
  struct Chat {
    std::string id;
    std::uint64_t last_seq = 0;
    std::vector<std::uint32_t> members;
    std::vector<std::string> history;  // by seq - 1
    std::string held;                  // a push that shall come late, see Misbehave::reorder
  };
  struct Request;

  void add_member(std::uint64_t chat, std::uint32_t user);
  void accept();
  void read(std::uint32_t number);
  void upgrade(std::uint32_t number, std::string_view head);
  void handle(std::uint32_t number, std::string_view frame);
  void append_message(std::uint32_t number, std::uint32_t chat, const Request& request);
  void answer_history(std::uint32_t number, const Chat& chat, const Request& request);
  void answer_sync(std::uint32_t number, const Request& request);
  void answer_status(std::uint32_t number, const Request& request);
  void append_receipt(std::uint32_t number, std::uint32_t chat, const Request& request);
  void settle(Batch& batch);
  void push(const Owed& owed, std::string_view frame);
  void queue(std::uint32_t number, std::string_view bytes);
  void flush();
  void flush(std::uint32_t number);
  void drop(std::uint32_t number);
  std::uint64_t next_id();
  bool wrong_now(Misbehave kind, std::uint64_t seq) const {
    return misbehave_ == kind && seq % 50 == 5;
  }

  int epoll_;
  int listener_;
  Journal& journal_;
  Misbehave misbehave_;
  bool keeps_history_;
  Batch filling_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> dirty_;
  std::vector<User> users_;
  std::vector<Chat> chats_;
  std::unordered_map<std::string, std::uint32_t> user_by_token_;
  std::unordered_map<std::uint64_t, std::uint32_t> chat_by_id_;
  std::vector<char> buffer_;
  std::string text_;
  std::string now_text_;
  std::uint64_t ids_ = 0;
};

}  // namespace bench
