#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/fields.h"

namespace bench {

// What the bench writes into its messages: every content can be told from every other and is
// computed again by whoever checks it. Message `index` of `author` reads "m12.345 abc…".
class Contents {
 public:
  // `size` is the bytes of each content. `run` tells this run's messages from those of earlier runs
  // on the same store.
  Contents(std::size_t size, std::uint64_t run);

  // The view is good until the next call.
  std::string_view of(std::size_t author, std::uint64_t index);

  std::string client_message_id(std::size_t author, std::uint64_t index) const;

  // The request that sends it, as request `id`.
  std::string_view request(std::uint64_t id, std::string_view chat, std::size_t author,
                           std::uint64_t index);

 private:
  std::size_t size_;
  std::string run_;
  std::string letters_;
  std::string content_;
  std::string request_;
};

// The author and index a content names, or {0, -1} when it is none of ours.
struct Named {
  std::size_t author = 0;
  std::int64_t index = -1;
};
Named parse_content(std::string_view content);

// The members of a `message` the bench looks at; the views point into the JSON given.
struct Received {
  std::uint64_t id = 0;
  std::uint64_t chat = 0;
  std::uint64_t seq = 0;
  std::uint64_t sender = 0;
  std::string_view kind;
  std::string_view client_message_id;
  std::string_view content;
};
Received parse_message(std::string_view json);

}  // namespace bench
