#include "base/log.h"

#include <array>
#include <chrono>
#include <cmath>
#include <iterator>
#include <memory>

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

namespace parley::log {
namespace {

constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warning", "error"};

std::atomic<Format> wanted{Format::automatic};

Format format_in_use() {
  static const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const Format format = wanted.load(std::memory_order_relaxed);
  if (format != Format::automatic) return format;
  return terminal ? Format::text : Format::json;
}

// The sink locks around each line and hands it over in one piece.
spdlog::logger& output() {
  static const auto logger = [] {
    auto made = std::make_unique<spdlog::logger>("parley",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

// How many bytes of valid UTF-8 `text` begins with, for one character; 0 when they are not valid.
std::size_t character_length(std::string_view text) {
  const auto at = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xc0U) == 0x80U; };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && at(1) < 0xa0;
    const bool surrogate = lead == 0xed && at(1) > 0x9f;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && at(1) < 0x90;
    const bool beyond = lead == 0xf4 && at(1) > 0x8f;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

// As a JSON string. Control characters of both ranges are escaped, so that the same form is safe
// on a terminal.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD, one per wrong byte
      text.remove_prefix(1);
      continue;
    }
    if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first == '\n') {
      out += "\\n";
    } else if (first < 0x20 || first == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", first);
    } else if (first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(text[1]));
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

bool needs_quotes(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == '=') return true;
  }
  return text.empty();
}

void append_text(std::string& out, std::string_view text, Format format) {
  if (format == Format::json || needs_quotes(text)) {
    append_quoted(out, text);
  } else {
    out += text;
  }
}

void append_time(std::string& out, std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{ms}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = (time - day).count();
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), rest / 3'600'000, rest / 60'000 % 60,
                 rest / 1000 % 60, rest % 1000);
}

}  // namespace

std::string line(Format format, std::int64_t ms, Level level, std::string_view event,
                 Fields fields) {
  const bool json = format == Format::json;
  std::string out;
  out.reserve(160);
  out += json ? R"({"ts":")" : "";
  append_time(out, ms);
  out += json ? R"(","level":")" : " ";
  out += kLevelNames[static_cast<std::size_t>(level)];
  if (json) {
    out += R"(","event":)";
    append_quoted(out, event);
  } else {
    out += ' ';
    out += event;
  }
  for (const Field& field : fields) {
    out += json ? ',' : ' ';
    append_text(out, field.name_, format);
    out += json ? ':' : '=';
    std::visit(
        [&]<class T>(const T& value) {
          if constexpr (std::same_as<T, std::string_view>) {
            append_text(out, value, format);
          } else if constexpr (std::same_as<T, Field::IdValue>) {
            const std::string_view quote = json ? "\"" : "";
            fmt::format_to(std::back_inserter(out), "{0}{1}{0}", quote, value.value);
          } else if constexpr (std::same_as<T, double>) {
            // JSON knows no infinity.
            if (json && !std::isfinite(value)) {
              out += "null";
            } else {
              fmt::format_to(std::back_inserter(out), "{}", value);
            }
          } else {
            fmt::format_to(std::back_inserter(out), "{}", value);
          }
        },
        field.value_);
  }
  if (json) out += '}';
  return out;
}

void setup(Level level, Format format) {
  wanted = format;
  detail::least = level;
}

void detail::write(Level level, std::string_view event, Fields fields) {
  const auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  output().log(spdlog::level::info,
               spdlog::string_view_t{
                   line(format_in_use(), now.time_since_epoch().count(), level, event, fields)});
}

}  // namespace parley::log
