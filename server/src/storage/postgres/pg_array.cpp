#include "storage/postgres/pg_array.h"

#include <bit>
#include <cstring>
#include <stdexcept>

namespace parley::storage {
namespace {

static_assert(std::endian::native == std::endian::little);

// Dimensions, whether there are nulls, the type, the number of elements, and the first index.
constexpr std::size_t kNullsAt = 4, kSizeAt = 12, kHeader = 20;
constexpr std::uint32_t kNull = 0xFFFF'FFFF;  // as the length of an element

template <class T>
void append_swapped(std::string& out, T value) {
  value = std::byteswap(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T read_swapped(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return std::byteswap(value);
}

void put(std::string& out, std::size_t at, std::uint32_t value) {
  value = std::byteswap(value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

[[noreturn]] void refuse() { throw std::runtime_error("this is no array of integers"); }

}  // namespace

void append_big_endian(std::string& out, std::uint32_t value) { append_swapped(out, value); }
void append_big_endian(std::string& out, std::uint64_t value) { append_swapped(out, value); }
std::uint32_t read_big_endian_32(const char* bytes) { return read_swapped<std::uint32_t>(bytes); }
std::uint64_t read_big_endian_64(const char* bytes) { return read_swapped<std::uint64_t>(bytes); }

PgArray::PgArray(Element element) {
  append_big_endian(text_, std::uint32_t{1});  // dimension
  append_big_endian(text_, std::uint32_t{0});
  append_big_endian(text_, static_cast<std::uint32_t>(element));
  append_big_endian(text_, std::uint32_t{0});
  append_big_endian(text_, std::uint32_t{1});
}

void PgArray::reserve(std::size_t elements, std::size_t bytes) {
  text_.reserve(kHeader + elements * sizeof(std::uint32_t) + bytes);
}

void PgArray::count_one() { put(text_, kSizeAt, ++size_); }

void PgArray::add(std::int64_t value) {
  append_big_endian(text_, std::uint32_t{sizeof value});
  append_big_endian(text_, static_cast<std::uint64_t>(value));
  count_one();
}

void PgArray::add(std::string_view bytes) {
  append_big_endian(text_, static_cast<std::uint32_t>(bytes.size()));
  text_.append(bytes);
  count_one();
}

void PgArray::add_null() {
  append_big_endian(text_, kNull);
  put(text_, kNullsAt, 1);
  count_one();
}

std::vector<std::int64_t> read_integers(std::string_view binary) {
  constexpr std::size_t kShortest = 12;  // of an array without elements
  constexpr std::size_t kElement = sizeof(std::uint32_t) + sizeof(std::int64_t);
  if (binary.size() < kShortest) refuse();
  const char* const bytes = binary.data();
  const std::uint32_t dimensions = read_big_endian_32(bytes);
  const std::uint32_t type = read_big_endian_32(bytes + 8);
  if (type != static_cast<std::uint32_t>(PgArray::Element::integer)) refuse();
  if (dimensions == 0) return {};
  if (dimensions != 1 || binary.size() < kHeader) refuse();
  const std::size_t count = read_big_endian_32(bytes + kSizeAt);
  if (binary.size() != kHeader + count * kElement) refuse();

  std::vector<std::int64_t> values;
  values.reserve(count);
  for (const char* at = bytes + kHeader; values.size() < count; at += kElement) {
    if (read_big_endian_32(at) != sizeof(std::int64_t)) refuse();
    values.push_back(static_cast<std::int64_t>(read_big_endian_64(at + sizeof(std::uint32_t))));
  }
  return values;
}

}  // namespace parley::storage
