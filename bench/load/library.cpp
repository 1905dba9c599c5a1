#include "library.h"

#include <algorithm>
#include <stdexcept>

#include "http.h"
#include "process.h"
#include "wire/fields.h"

namespace bench {

namespace {

constexpr std::uint64_t kWindow = 64;
constexpr std::int64_t kPatience = 60'000'000'000;  // without any reply

}  // namespace

// Socket i is that of the peer of chat i.
Library::Library(const Options& options, Checks& checks)
    : Client(options, checks), contents_(options.content, static_cast<std::uint64_t>(now_ns())) {
  constexpr std::size_t kChats = kReaders * kChatsPerReader;
  if (users_.size() < kFirstPeer + kChats) {
    throw std::runtime_error("history needs a seed file of " + std::to_string(kFirstPeer + kChats) +
                             " users");
  }
  open_chats();
  connect(kFirstPeer, kChats);
}

void Library::open_chats() {
  for (std::size_t reader = 0; reader < kReaders; ++reader) {
    Http http{options_.targets[0].host, options_.targets[0].port, users_[2 * reader].token};
    for (std::size_t i = 0; i < kChatsPerReader; ++i) {
      const std::size_t peer = kFirstPeer + chats_.size();
      const Http::Answer answer = http.post(
          "/chats", R"({"type":"direct","userId":")" + std::to_string(users_[peer].id) + R"("})");
      if (answer.status != 200 && answer.status != 201) {
        throw std::runtime_error("opening a chat: " + std::string{answer.body});
      }
      chats_.push_back({.reader = 2 * reader,
                        .peer = peer,
                        .id = number_of(answer.body, "id"),
                        .last_seq = number_of(answer.body, "lastSeq")});
    }
  }
  requests_.resize(chats_.size());
  for (const ReadChat& chat : chats_) wanted_.push_back(chat.last_seq);
}

std::uint64_t Library::messages() const {
  std::uint64_t sum = 0;
  for (const ReadChat& chat : chats_) sum += chat.last_seq;
  return sum;
}

void Library::fill(std::uint64_t messages) {
  const std::uint64_t each = messages / chats_.size();
  for (std::size_t i = 0; i < chats_.size(); ++i) wanted_[i] = std::max(each, chats_[i].last_seq);
  send_all();
}

void Library::write_some(std::size_t reader, std::size_t count) {
  for (std::size_t i = 0; i < chats_.size() && count > 0; ++i) {
    if (chats_[i].reader != reader) continue;
    ++wanted_[i];
    --count;
  }
  send_all();
}

void Library::send_all() {
  for (std::size_t i = 0; i < chats_.size(); ++i) {
    requests_[i] = chats_[i].last_seq;
    send(i);
  }
  std::uint64_t before = 0;
  const auto done = [&] {
    for (std::size_t i = 0; i < chats_.size(); ++i) {
      if (chats_[i].last_seq < wanted_[i]) return false;
    }
    return true;
  };
  while (checks_.good() && !turn_until(now_ns() + kPatience, done)) {
    if (messages() == before) checks_.violation("unanswered: no reply while filling the store");
    before = messages();
  }
}

void Library::send(std::size_t i) {
  ReadChat& chat = chats_[i];
  while (requests_[i] < wanted_[i] && requests_[i] - chat.last_seq < kWindow) {
    const std::uint64_t index = requests_[i]++;
    loop_.send(i, contents_.request(index, std::to_string(chat.id), chat.peer, index));
  }
}

void Library::on_reply(std::size_t connection, std::uint64_t re, std::string_view data) {
  ReadChat& chat = chats_[connection];
  const std::uint64_t seq = number_of(data, "seq");
  if (seq != re + 1 || seq != chat.last_seq + 1) {
    return checks_.violation("seq: message " + std::to_string(re) + " of " +
                             users_[chat.peer].name + " got seq " + std::to_string(seq) +
                             " where " + std::to_string(chat.last_seq + 1) + " was due");
  }
  chat.last_seq = seq;
  send(connection);
}

}  // namespace bench
