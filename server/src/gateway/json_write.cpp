#include "gateway/json_write.h"

#include <array>

namespace parley::json {
namespace {

// What JSON wants escaped: quotes, backslashes and control characters (RFC 8259 §7).
constexpr std::array<bool, 256> kEscaped = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void write_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

void write_digits(std::string& out, unsigned value, int width) {
  char digits[8];
  for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits, static_cast<std::size_t>(width));
}

}  // namespace

void write(std::string& out, std::string_view text) {
  out += '"';
  const char* run = text.data();
  const char* const end = run + text.size();
  for (const char* p = run; p != end; ++p) {
    if (!kEscaped[static_cast<unsigned char>(*p)]) continue;
    out.append(run, p);
    write_escaped(out, *p);
    run = p + 1;
  }
  out.append(run, end);
  out += '"';
}

void write(std::string& out, Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto ms = static_cast<unsigned>((time - day).count());
  out += '"';
  write_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  write_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  write_digits(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  write_digits(out, ms / 3'600'000, 2);
  out += ':';
  write_digits(out, ms / 60'000 % 60, 2);
  out += ':';
  write_digits(out, ms / 1'000 % 60, 2);
  out += '.';
  write_digits(out, ms % 1'000, 3);
  out += "Z\"";
}

}  // namespace parley::json
