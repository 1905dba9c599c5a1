#include "report.h"

#include <array>
#include <cstdio>

namespace bench {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void Report::put_raw(std::string_view name, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += quoted(name);
  members_ += ':';
  members_ += json;
}

void Report::put(std::string_view name, std::string_view value) { put_raw(name, quoted(value)); }

void Report::put(std::string_view name, double value) {
  std::array<char, 64> digits{};
  std::snprintf(digits.data(), digits.size(), "%.6g", value);
  put_raw(name, digits.data());
}

void Report::put(std::string_view name, const Histogram& histogram) {
  Report percentiles;
  percentiles.put("count", histogram.total());
  percentiles.put("p50", histogram.micros_at(0.50));
  percentiles.put("p90", histogram.micros_at(0.90));
  percentiles.put("p99", histogram.micros_at(0.99));
  percentiles.put("p999", histogram.micros_at(0.999));
  percentiles.put("max", histogram.largest_micros());
  put(name, percentiles);
}

}  // namespace bench
