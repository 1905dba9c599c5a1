#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/copy/tables.h"

struct evp_md_ctx_st;

namespace parley::storage {

// A row as it travels, is remembered and is compared: the binary form of PostgreSQL's COPY. Two
// bytes say how many values there are; each begins with its length in four bytes, -1 for NULL; an
// integer has eight. All most significant byte first.

template <class T>
void put_big_endian(std::string& out, T value) {
  if constexpr (std::endian::native == std::endian::little) value = std::byteswap(value);
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof raw);
}

// Takes a number from the front. The caller has seen that it is there.
template <class T>
T take_big_endian(std::string_view& from) {
  T value;
  std::memcpy(&value, from.data(), sizeof value);
  from.remove_prefix(sizeof value);
  return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

inline void begin_row(std::string& out, std::size_t values) {
  put_big_endian(out, static_cast<std::int16_t>(values));
}
inline void put_null(std::string& out) { put_big_endian(out, std::int32_t{-1}); }
inline void put_integer(std::string& out, std::int64_t value) {
  put_big_endian(out, static_cast<std::int32_t>(sizeof value));
  put_big_endian(out, value);
}
inline void put_bytes(std::string& out, std::string_view value) {
  put_big_endian(out, static_cast<std::int32_t>(value.size()));
  out.append(value);
}

// The values of a row, as bytes; nothing for NULL. Throws std::runtime_error when it is none.
std::vector<std::optional<std::string>> read_row(std::string_view row);

// What a table holds, in short: how many rows, and the SHA-256 of all of them in the order of the
// key. Two stores hold the same when both are the same.
struct TableSum {
  std::int64_t rows = 0;
  std::string checksum;  // hexadecimal

  friend bool operator==(const TableSum&, const TableSum&) = default;
};

class TableSummer {
 public:
  TableSummer();
  void add(std::string_view row);
  TableSum sum();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> digest_;
  std::int64_t rows_ = 0;
};

}  // namespace parley::storage
