#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client.h"
#include "message.h"
#include "outbox.h"

namespace bench {

// The chats that `history` reads: a few readers with many direct chats each, in every one of which
// the peer has written. Message `index` of a chat has seq index + 1, so a page can be checked
// whoever filled the store and when.
struct ReadChat {
  std::size_t reader = 0;
  std::size_t peer = 0;
  std::uint64_t id = 0;
  std::uint64_t last_seq = 0;
};

// Library fills those chats through the peers' sockets, as people would, at large windows.
class Library : public Client {
 public:
  static constexpr std::size_t kReaders = 5;
  static constexpr std::size_t kChatsPerReader = 25;
  static constexpr std::size_t kFirstPeer = 2 * kReaders;  // clear of the pairs in the seed file

  Library(const Options& options, Checks& checks);

  const std::vector<SeededUser>& users() const { return users_; }
  const std::vector<ReadChat>& chats() const { return chats_; }
  std::uint64_t messages() const;

  // Writes until the chats together hold `messages`, the same number each. Replies must give the
  // seqs that are due.
  void fill(std::uint64_t messages);

  // Lets the sockets answer pings, as they have to now and then while something else is measured.
  void answer_pings() { loop_.turn(0, *this); }

  // Writes one more message into each of the first `count` chats of `reader`.
  void write_some(std::size_t reader, std::size_t count);

 private:
  void on_reply(std::size_t connection, std::uint64_t re, std::string_view data) override;
  void on_event(std::size_t, std::string_view, std::string_view) override {}

  void open_chats();
  void send(std::size_t chat);
  void send_all();

  Contents contents_;
  std::vector<ReadChat> chats_;
  std::vector<std::uint64_t> wanted_;    // by chat: the last seq to reach
  std::vector<std::uint64_t> requests_;  // by chat: how many have been sent, answered or not
};

}  // namespace bench
