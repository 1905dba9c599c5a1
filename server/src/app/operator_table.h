#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

namespace parley::app {

// A column of a table for people: what it is called, and the member it shows.
struct Column {
  std::string_view title;
  std::string_view member;
};

// Rows of JSON objects as aligned text, a line each under a line of titles; `-` for what is
// missing. Control characters are shown as `?`, so that a name cannot play with the terminal.
std::string table_of(const boost::json::array& rows, const std::vector<Column>& columns);

// The members of one object, a line each.
std::string card_of(const boost::json::object& members);

}  // namespace parley::app
