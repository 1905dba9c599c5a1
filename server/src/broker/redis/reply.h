#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace parley::broker::redis {

// What Redis answers, or tells a subscriber.
struct Reply {
  enum class Kind : std::uint8_t { nil, status, text, number, list, error };

  Kind kind = Kind::nil;
  std::string text;         // of a status, text or error
  std::int64_t number = 0;  // of a number
  std::vector<Reply> items;

  bool is_error() const { return kind == Kind::error; }
  // Whether it is an error of this kind, which is its first word: NOSCRIPT, MOVED, LOADING.
  bool is_error(std::string_view which) const;
};

// ReplyReader cuts what a server sends into replies. A reply that nests too deeply, has too many
// items or is too large is refused, and so is what is no Redis protocol; after that the reader
// reads no more.
class ReplyReader {
 public:
  struct Limits {
    std::size_t bytes = 64 << 20;   // of one reply, as it travels
    std::size_t items = 1'000'000;  // of all its lists
  };

  ReplyReader();
  explicit ReplyReader(Limits limits);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);

  // The next whole reply, nothing when more has to be fed first, or why there will be none.
  std::expected<std::unique_ptr<Reply>, std::string> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const Limits limits_;
  std::size_t items_left_;
  std::unique_ptr<redisReader, Free> reader_;
};

// Appends a command as Redis reads it.
template <class Parts>
void append_command(std::string& out, const Parts& parts) {
  out += '*';
  out += std::to_string(std::size(parts));
  out += "\r\n";
  for (const std::string_view part : parts) {
    out += '$';
    out += std::to_string(part.size());
    out += "\r\n";
    out += part;
    out += "\r\n";
  }
}
inline void append_command(std::string& out, std::initializer_list<std::string_view> parts) {
  append_command<std::initializer_list<std::string_view>>(out, parts);
}

}  // namespace parley::broker::redis
