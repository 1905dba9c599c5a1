#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parley::storage {

// Arrays as PostgreSQL sends and receives them in binary form: any byte may stand in an element,
// and nothing needs quoting.

// An array that is a parameter of a statement.
class PgArray {
 public:
  enum class Element : std::uint32_t { bytes = 17, integer = 20 };  // pg_type.oid

  explicit PgArray(Element element);

  void reserve(std::size_t elements, std::size_t bytes);
  // Each adds one element; integers to an array of integers, bytes to one of bytes.
  void add(std::int64_t value);
  void add(std::string_view bytes);
  void add_null();

  std::size_t size() const { return size_; }
  // The whole of it; valid until the next change.
  std::string_view binary() const { return text_; }

 private:
  void count_one();

  std::string text_;
  std::uint32_t size_ = 0;
};

// A column of BIGINT[]. Throws std::runtime_error when it is none, or has a null in it.
std::vector<std::int64_t> read_integers(std::string_view binary);

// Numbers in the order of bytes that PostgreSQL uses.
void append_big_endian(std::string& out, std::uint32_t value);
void append_big_endian(std::string& out, std::uint64_t value);
std::uint32_t read_big_endian_32(const char* bytes);
std::uint64_t read_big_endian_64(const char* bytes);

}  // namespace parley::storage
