#include "storage/copy/rows.h"

#include <stdexcept>

#include <openssl/evp.h>

#include "base/hex.h"

namespace parley::storage {
namespace {

void check(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 cannot be computed");
}

}  // namespace

std::vector<std::optional<std::string>> read_row(std::string_view row) {
  const auto need = [&row](std::size_t bytes) {
    if (row.size() < bytes) throw std::runtime_error("a row ends in the middle");
  };
  need(sizeof(std::int16_t));
  const auto count = take_big_endian<std::int16_t>(row);
  std::vector<std::optional<std::string>> values;
  for (std::int16_t i = 0; i < count; ++i) {
    need(sizeof(std::int32_t));
    const auto length = take_big_endian<std::int32_t>(row);
    if (length < 0) {
      values.emplace_back();
      continue;
    }
    const auto size = static_cast<std::size_t>(length);
    need(size);
    values.emplace_back(row.substr(0, size));
    row.remove_prefix(size);
  }
  if (!row.empty()) throw std::runtime_error("a row goes on after its end");
  return values;
}

void TableSummer::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

TableSummer::TableSummer() : digest_(EVP_MD_CTX_new()) {
  if (!digest_) throw std::runtime_error("out of memory");
  check(EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr));
}

void TableSummer::add(std::string_view row) {
  check(EVP_DigestUpdate(digest_.get(), row.data(), row.size()));
  ++rows_;
}

TableSum TableSummer::sum() {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  check(EVP_DigestFinal_ex(digest_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size));
  digest.resize(size);
  return {.rows = rows_, .checksum = to_hex(digest)};
}

}  // namespace parley::storage
