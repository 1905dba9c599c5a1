#include "storage/sqlite/backup_digest.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "model/error.h"
#include "storage/sql/check.h"

namespace parley::storage {
namespace {

// What stands in the table: bytes that stand nowhere else, by which it is found, and the digest.
constexpr std::size_t kMark = 24;
constexpr std::size_t kDigest = 32;
constexpr std::size_t kBlock = std::size_t{1} << 20;

using Digest = std::array<char, kDigest>;

class File {
 public:
  File(const std::filesystem::path& path, int access, const std::function<bool()>& stops)
      : path_(path), stops_(stops), descriptor_(::open(path.c_str(), access | O_CLOEXEC)) {
    if (descriptor_ < 0) refuse();
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // As many as there are.
  std::size_t read(std::span<char> out, std::size_t at) const {
    if (stops_ && stops_()) throw StorageUnavailable{"the digest was interrupted"};
    std::size_t got = 0;
    while (got < out.size()) {
      const ssize_t some =
          ::pread(descriptor_, out.data() + got, out.size() - got, static_cast<off_t>(at + got));
      if (some < 0 && errno != EINTR) refuse();
      if (some == 0) break;
      if (some > 0) got += static_cast<std::size_t>(some);
    }
    return got;
  }
  void write(std::span<const char> bytes, std::size_t at) const {
    if (::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size()))
      refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    throw StorageUnavailable{fmt::format("{}: {}", path_.string(), std::strerror(errno))};
  }

  const std::filesystem::path& path_;
  const std::function<bool()>& stops_;
  const int descriptor_;
};

std::optional<std::size_t> find(const File& file, std::string_view mark) {
  std::vector<char> block(kBlock);
  std::size_t kept = 0;  // of the block before, in case the mark lies across the two
  for (std::size_t at = 0;;) {
    const std::size_t got = file.read(std::span{block}.subspan(kept), at);
    const std::string_view bytes{block.data(), kept + got};
    if (const auto found = bytes.find(mark); found != bytes.npos) return at - kept + found;
    if (got == 0) return std::nullopt;
    at += got;
    kept = std::min(mark.size() - 1, bytes.size());
    std::memmove(block.data(), bytes.data() + bytes.size() - kept, kept);
  }
}

Digest digest_of(const File& file, std::size_t place) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash{EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free};
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc{};
  std::vector<char> block(kBlock);
  for (std::size_t at = 0;;) {
    const std::size_t got = file.read(block, at);
    if (got == 0) break;
    const std::size_t from = std::clamp(place, at, at + got);
    const std::size_t to = std::clamp(place + kDigest, at, at + got);
    std::fill(block.begin() + static_cast<std::ptrdiff_t>(from - at),
              block.begin() + static_cast<std::ptrdiff_t>(to - at), '\0');
    EVP_DigestUpdate(hash.get(), block.data(), got);
    at += got;
  }
  Digest digest;
  EVP_DigestFinal_ex(hash.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

// What stands in the table; nothing when there is none.
std::optional<std::string> kept_digest(SqliteConnection& db) {
  {
    auto table = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'parley_backup'");
    if (!table.next()) return std::nullopt;
  }
  auto row = db.query("SELECT content FROM parley_backup WHERE name = 'sha256'");
  if (!row.next()) return std::nullopt;
  std::string kept = row.string(0);
  if (kept.size() != kMark + kDigest) throw DamagedStore{"its digest is none"};
  return kept;
}

}  // namespace

void reserve_digest(SqliteConnection& copy) {
  std::string kept(kMark + kDigest, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(kept.data()), kMark) != 1) throw std::bad_alloc{};
  copy.run("INSERT INTO parley_backup VALUES ('sha256', ?1)", Blob{kept});
}

void write_digest(const std::filesystem::path& path, const std::function<bool()>& stops) {
  std::optional<std::string> kept;
  {
    SqliteConnection db{path, SqliteConnection::Mode::read};
    kept = kept_digest(db);
  }
  const File file{path, O_RDWR, stops};
  const auto place = kept ? find(file, std::string_view{*kept}.substr(0, kMark)) : std::nullopt;
  if (!place) throw StorageUnavailable{"the copy has no room for its digest"};
  file.write(digest_of(file, *place + kMark), *place + kMark);
}

void check_digest(SqliteConnection& db, const std::filesystem::path& path,
                  const std::function<bool()>& stops) {
  const auto kept = kept_digest(db);
  if (!kept) return;
  const File file{path, O_RDONLY, stops};
  const auto place = find(file, std::string_view{*kept}.substr(0, kMark));
  if (!place) throw DamagedStore{"its digest cannot be found"};
  const Digest digest = digest_of(file, *place + kMark);
  if (std::string_view{digest.data(), digest.size()} != std::string_view{*kept}.substr(kMark))
    throw DamagedStore{"its bytes are not those that were written"};
}

}  // namespace parley::storage
