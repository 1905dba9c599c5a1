#pragma once

#include <cctype>
#include <map>
#include <string>
#include <string_view>

namespace parley::senders {

// Reads messages back, knowing nothing of how they were written. Fails by yielding other text.

inline std::string from_quoted_printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (text.substr(i + 1, 2) == "\r\n") {
      i += 2;
    } else {
      out += static_cast<char>(std::stoi(std::string{text.substr(i + 1, 2)}, nullptr, 16));
      i += 2;
    }
  }
  return out;
}

inline std::string from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<unsigned>(kAlphabet.find(c));
    held += 6;
    if (held >= 8) out += static_cast<char>(bits >> (held -= 8) & 255U);
  }
  return out;
}

// A header with its encoded words read; spaces between two of them do not count (RFC 2047 §6.2).
inline std::string from_encoded_words(std::string_view text) {
  constexpr std::string_view kBegin = "=?UTF-8?B?";
  std::string out;
  bool after_word = false;
  while (!text.empty()) {
    const auto begin = text.find(kBegin);
    const auto between = text.substr(0, begin);
    if (!after_word || between.find_first_not_of(' ') != std::string_view::npos) out += between;
    if (begin == std::string_view::npos) break;
    const auto word = text.substr(begin + kBegin.size());
    const auto end = word.find("?=");
    out += from_base64(word.substr(0, end));
    text = word.substr(end + 2);
    after_word = true;
  }
  return out;
}

struct ReadMessage {
  std::map<std::string, std::string> headers;  // unfolded
  std::string body;

  explicit ReadMessage(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    body = text.substr(end + 4);
    std::string head{text.substr(0, end + 2)};
    for (std::size_t at; (at = head.find("\r\n ")) != std::string::npos;) head.erase(at, 2);
    for (std::size_t at = 0; at < head.size();) {
      const auto line = head.substr(at, head.find("\r\n", at) - at);
      const auto colon = line.find(": ");
      headers[line.substr(0, colon)] = line.substr(colon + 2);
      at += line.size() + 2;
    }
  }

  // The part of that type, decoded.
  std::string part(std::string_view type) const {
    const std::string& kind = headers.at("Content-Type");
    const auto begin = kind.find('"') + 1;
    const std::string delimiter = "--" + kind.substr(begin, kind.rfind('"') - begin);
    for (std::size_t at = body.find(delimiter); at != std::string::npos;) {
      const auto start = at + delimiter.size() + 2;
      at = body.find("\r\n" + delimiter, start);
      if (at == std::string::npos) break;
      const ReadMessage inner{body.substr(start, at - start)};
      if (inner.headers.at("Content-Type").starts_with(type) &&
          inner.headers.at("Content-Transfer-Encoding") == "quoted-printable")
        return from_quoted_printable(inner.body);
      at += 2;
    }
    return "there is no such part";
  }
};

}  // namespace parley::senders
