#include "app/signing_keys.h"

#include <optional>
#include <stdexcept>
#include <string>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/private_file.h"

namespace parley::app {
namespace {

constexpr std::chrono::seconds kLookInterval{1};

std::filesystem::path file_in(const std::filesystem::path& directory) {
  return directory / "signing-keys";
}

std::optional<user::SigningKeys> read_keys(const std::filesystem::path& file) {
  const auto content = read_file(file);
  if (!content) return std::nullopt;
  try {
    return user::SigningKeys::parse(*content);
  } catch (const std::invalid_argument& problem) {
    throw std::runtime_error(
        fmt::format("{} cannot be understood: {}", file.string(), problem.what()));
  }
}

// The key under which an earlier release signed; a name is all that it lacks.
std::optional<user::SigningKeys> earlier_key(const std::filesystem::path& file, Timestamp now) {
  auto secret = read_file(file);
  if (!secret) return std::nullopt;
  try {
    return user::SigningKeys{{{.kid = "token-key", .secret = std::move(*secret), .made_at = now}}};
  } catch (const std::invalid_argument& problem) {
    throw std::runtime_error(fmt::format("{}: {}", file.string(), problem.what()));
  }
}

}  // namespace

user::SigningKeys kept_signing_keys(const std::filesystem::path& directory, Timestamp now) {
  if (auto keys = read_keys(file_in(directory))) return std::move(*keys);
  const auto earlier_file = directory / "token.key";
  auto keys = earlier_key(earlier_file, now);
  if (!keys) keys = user::SigningKeys::fresh(now);
  keep_signing_keys(directory, *keys);
  std::filesystem::remove(earlier_file);
  return std::move(*keys);
}

void keep_signing_keys(const std::filesystem::path& directory, const user::SigningKeys& keys) {
  write_private_file(file_in(directory), keys.print());
}

SigningKeyWatch::SigningKeyWatch(Loop& loop, const std::filesystem::path& directory,
                                 std::function<void(user::SigningKeys)> tell)
    : file_(file_in(directory)), tell_(std::move(tell)), timer_(loop) {}

void SigningKeyWatch::start() {
  look();
  wait();
}

void SigningKeyWatch::stop() {
  stopped_ = true;
  timer_.cancel();
}

SigningKeyWatch::Version SigningKeyWatch::version() const {
  struct stat status{};
  if (::stat(file_.c_str(), &status) != 0) return {};
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {status.st_ino, status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec};
}

void SigningKeyWatch::look() {
  const Version current = version();
  if (current == seen_) return;
  seen_ = current;
  try {
    auto keys = read_keys(file_);
    if (!keys) throw std::runtime_error(fmt::format("{} is gone", file_.string()));
    log::info("signing keys read", {{"active", keys->active().kid}, {"keys", keys->all().size()}});
    tell_(std::move(*keys));
  } catch (const std::exception& problem) {
    log::error("signing keys not changed", {{"why", problem.what()}});
  }
}

void SigningKeyWatch::wait() {
  timer_.expires_after(kLookInterval);
  timer_.async_wait([this](const boost::system::error_code&) {
    if (stopped_) return;
    look();
    wait();
  });
}

}  // namespace parley::app
