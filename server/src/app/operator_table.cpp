#include "app/operator_table.h"

#include <algorithm>

#include <fmt/format.h>

namespace parley::app {
namespace {

// Bytes that do not begin a character do not count.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & '\xC0') != '\x80'; }));
}

std::string shown(const boost::json::value* value) {
  if (!value || value->is_null()) return "-";
  std::string text =
      value->is_string() ? std::string{value->get_string()} : boost::json::serialize(*value);
  for (char& c : text)
    if ((c >= 0 && c < ' ') || c == '\x7F') c = '?';
  return text.empty() ? "-" : text;
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(width - width_of(text) + 2, ' ');
}

void end_line(std::string& out) {
  while (out.ends_with(' ')) out.pop_back();
  out += '\n';
}

}  // namespace

std::string table_of(const boost::json::array& rows, const std::vector<Column>& columns) {
  std::vector<std::vector<std::string>> lines(1);
  for (const Column& column : columns) lines[0].emplace_back(column.title);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const Column& column : columns)
      line.push_back(shown(row.as_object().if_contains(column.member)));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], width_of(line[i]));

  std::string out;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) append_padded(out, line[i], widths[i]);
    end_line(out);
  }
  return out;
}

std::string card_of(const boost::json::object& members) {
  std::size_t width = 0;
  for (const auto& [name, value] : members) width = std::max(width, name.size());
  std::string out;
  for (const auto& [name, value] : members) {
    append_padded(out, name, width);
    out += shown(&value);
    end_line(out);
  }
  return out;
}

}  // namespace parley::app
