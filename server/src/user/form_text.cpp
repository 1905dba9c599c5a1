#include "user/form_text.h"

namespace parley::user {
namespace {

bool stays(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"-._~"}.contains(c);
}

}  // namespace

std::string form_text(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (stays(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string form_text(
    std::initializer_list<std::pair<std::string_view, std::string_view>> names_and_values) {
  std::string out;
  for (const auto& [name, value] : names_and_values) {
    if (!out.empty()) out += '&';
    out += form_text(name) + '=' + form_text(value);
  }
  return out;
}

}  // namespace parley::user
