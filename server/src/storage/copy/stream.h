#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/postgres/connection.h"

namespace parley::storage {

// Rows on their way into a table, by COPY … FROM STDIN (FORMAT binary). They are in it when
// finish() returns; when the stream goes without it, none of them is. Both throw what a
// PostgresConnection throws.
class CopyIn {
 public:
  CopyIn(PostgresConnection& db, const std::string& sql);
  ~CopyIn();
  CopyIn(const CopyIn&) = delete;
  CopyIn& operator=(const CopyIn&) = delete;

  void put(std::string_view row);
  void finish();

 private:
  void send();

  PostgresConnection& db_;
  std::string waiting_;
  bool open_ = true;
};

// Rows on their way out, by COPY … TO STDOUT (FORMAT binary).
class CopyOut {
 public:
  CopyOut(PostgresConnection& db, const std::string& sql);
  // What was not read is thrown away; the connection can be used again.
  ~CopyOut();
  CopyOut(const CopyOut&) = delete;
  CopyOut& operator=(const CopyOut&) = delete;

  // The next row, until the one after it; nothing when there is none.
  std::optional<std::string_view> next();

 private:
  bool receive();

  PostgresConnection& db_;
  std::string received_;
  std::string_view left_;  // of what was received
  bool begun_ = false;
  bool open_ = true;
};

}  // namespace parley::storage
