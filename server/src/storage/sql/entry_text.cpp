#include "storage/sql/entry_text.h"

#include <charconv>
#include <stdexcept>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>
#include <fmt/format.h>

namespace parley::storage {
namespace {

[[noreturn]] void damaged(std::string_view text) {
  throw std::runtime_error(fmt::format("an entry of the log is damaged: \"{}\"", text));
}

std::string_view next_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <class Integer>
Integer number(std::string_view word, std::string_view text) {
  Integer value{};
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc{} || end != word.data() + word.size()) damaged(text);
  return value;
}

template <class E>
E enumerator(std::string_view word, std::string_view text) {
  E value{};
  if (!boost::describe::enum_from_string(std::string{word}.c_str(), value)) damaged(text);
  return value;
}

}  // namespace

std::int64_t bits_of(const Permissions& permissions) {
  return (permissions.send ? 1 : 0) | (permissions.add_members ? 2 : 0) |
         (permissions.change_info ? 4 : 0);
}

Permissions permissions_of(std::int64_t bits) {
  return {.send = (bits & 1) != 0, .add_members = (bits & 2) != 0, .change_info = (bits & 4) != 0};
}

std::string write_membership(const Membership& membership) {
  const std::string what = membership.permissions ? std::to_string(bits_of(*membership.permissions))
                           : membership.role ? boost::describe::enum_to_string(*membership.role, "")
                                             : "-";
  std::string text =
      fmt::format("{} {}", boost::describe::enum_to_string(membership.action, ""), what);
  for (const UserId user : membership.user_ids)
    fmt::format_to(std::back_inserter(text), " {}", user.value());
  return text;
}

Membership read_membership(std::string_view text) {
  std::string_view rest = text;
  Membership membership;
  membership.action = enumerator<MembershipAction>(next_word(rest), text);
  const std::string_view what = next_word(rest);
  if (membership.action == MembershipAction::permissions) {
    membership.permissions = permissions_of(number<std::int64_t>(what, text));
  } else if (what != "-") {
    membership.role = enumerator<ParticipantRole>(what, text);
  }
  while (!rest.empty())
    membership.user_ids.emplace_back(number<std::uint64_t>(next_word(rest), text));
  return membership;
}

std::string write_settings(const Settings& settings) {
  std::string text;
  if (settings.name) text += fmt::format("n{}:{}", settings.name->size(), *settings.name);
  if (settings.description)
    text += fmt::format("d{}:{}", settings.description->size(), *settings.description);
  return text;
}

Settings read_settings(std::string_view text) {
  std::string_view rest = text;
  Settings settings;
  while (!rest.empty()) {
    const char member = rest.front();
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) damaged(text);
    const auto size = number<std::size_t>(rest.substr(1, colon - 1), text);
    rest.remove_prefix(colon + 1);
    if (size > rest.size() || (member != 'n' && member != 'd')) damaged(text);
    (member == 'n' ? settings.name : settings.description) = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return settings;
}

}  // namespace parley::storage
