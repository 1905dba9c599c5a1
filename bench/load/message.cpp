#include "message.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace bench {

namespace {

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

Contents::Contents(std::size_t size, std::uint64_t run) : size_(size) {
  std::array<char, 16> hex{};
  std::snprintf(hex.data(), hex.size(), "%08x", static_cast<unsigned>(run));
  run_ = hex.data();
  while (letters_.size() < size + 64) {
    letters_ += "the quick brown fox jumps over the lazy dog, then sleeps; ";
  }
}

std::string_view Contents::of(std::size_t author, std::uint64_t index) {
  content_.assign("m");
  append_number(content_, author);
  content_ += '.';
  append_number(content_, index);
  content_ += ' ';
  content_ += run_;
  content_ += ' ';
  content_.append(letters_, index % 53, size_ - content_.size());
  return content_;
}

std::string Contents::client_message_id(std::size_t author, std::uint64_t index) const {
  std::string id = run_;
  id += '-';
  append_number(id, author);
  id += '-';
  append_number(id, index);
  return id;
}

std::string_view Contents::request(std::uint64_t id, std::string_view chat, std::size_t author,
                                   std::uint64_t index) {
  request_.assign(R"({"id":)");
  append_number(request_, id);
  request_ += R"(,"op":"message:send","data":{"chatId":")";
  request_ += chat;
  request_ += R"(","content":")";
  request_ += of(author, index);
  request_ += R"(","clientMessageId":")";
  request_ += run_;
  request_ += '-';
  append_number(request_, author);
  request_ += '-';
  append_number(request_, index);
  request_ += R"("}})";
  return request_;
}

Named parse_content(std::string_view content) {
  if (content.empty() || content.front() != 'm') return {};
  const char* end = content.data() + content.size();
  Named named;
  const auto [dot, bad_author] = std::from_chars(content.data() + 1, end, named.author);
  if (bad_author != std::errc{} || dot == end || *dot != '.') return {};
  const auto [space, bad_index] = std::from_chars(dot + 1, end, named.index);
  if (bad_index != std::errc{} || space == end || *space != ' ') return {};
  return named;
}

Received parse_message(std::string_view json) {
  Received message;
  for (Fields fields{json}; fields.next();) {
    if (fields.key == "id") {
      message.id = number(fields.value);
    } else if (fields.key == "chatId") {
      message.chat = number(fields.value);
    } else if (fields.key == "seq") {
      message.seq = number(fields.value);
    } else if (fields.key == "senderId") {
      message.sender = number(fields.value);
    } else if (fields.key == "kind") {
      message.kind = text(fields.value);
    } else if (fields.key == "clientMessageId") {
      message.client_message_id = text(fields.value);
    } else if (fields.key == "content") {
      message.content = text(fields.value);
    }
  }
  return message;
}

}  // namespace bench
