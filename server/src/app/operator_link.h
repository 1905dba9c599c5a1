#pragma once

#include <memory>
#include <string_view>

#include <boost/json.hpp>

#include "app/settings.h"

namespace parley::app {

// What an operation said: a status as REST has them, and JSON (null for nothing).
struct OperatorReply {
  int status = 0;
  boost::json::value body;

  bool ok() const { return status >= 200 && status < 300; }
};

// OperatorLink asks operations of the table in the name of the operator at the command line.
class OperatorLink {
 public:
  virtual ~OperatorLink() = default;

  // `members` are those of the command, by their names on the wire. Throws std::runtime_error with
  // a sentence when the server cannot be reached.
  virtual OperatorReply ask(std::string_view operation, boost::json::object members) = 0;
};

// To the server that uses the data directory, or else to the parts themselves, on the directory.
// Throws std::runtime_error with a sentence when there is no way to either.
std::unique_ptr<OperatorLink> open_operator_link(const NodeSettings& settings);

}  // namespace parley::app
