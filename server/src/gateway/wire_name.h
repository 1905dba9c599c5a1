#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <boost/describe.hpp>

namespace parley::json {

// A member's name on the wire: `chat_id` is written `chatId`. Settled at compile time.
template <class D>
struct WireName {
 private:
  static constexpr std::string_view kMember{D::name};
  static constexpr std::size_t kLength = [] {
    std::size_t n = 0;
    for (const char c : kMember) n += c != '_';
    return n;
  }();
  static constexpr std::array<char, kLength + 3> kQuoted = [] {
    std::array<char, kLength + 3> out{};
    std::size_t n = 0;
    out[n++] = '"';
    bool upper = false;
    for (const char c : kMember) {
      if (c == '_') {
        upper = true;
        continue;
      }
      out[n++] = upper ? static_cast<char>(c - 'a' + 'A') : c;
      upper = false;
    }
    out[n++] = '"';
    out[n] = ':';
    return out;
  }();

 public:
  static constexpr std::string_view value{kQuoted.data() + 1, kLength};   // chatId
  static constexpr std::string_view key{kQuoted.data(), kQuoted.size()};  // "chatId":
};

// Public members of a described struct, those of its bases first.
template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public |
                                                         boost::describe::mod_inherited>;

template <class T>
concept Described = boost::describe::has_describe_members<T>::value;

template <class T>
concept DescribedEnum = boost::describe::has_describe_enumerators<T>::value;

}  // namespace parley::json
