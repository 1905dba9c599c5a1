#include "user/password.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include <crypt.h>

#include "user/password_strength.h"
#include "user/secret.h"

namespace parley::user {
namespace {

constexpr std::size_t kLongestPassword = 72;  // bcrypt ignores what comes after
constexpr std::size_t kShortestPassword = 8;

std::string bcrypt(const std::string& password, const char* setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* const hash = crypt_r(password.c_str(), setting, data.get());
  if (!hash || hash[0] == '*') throw std::runtime_error("bcrypt failed");
  return hash;
}

// A cost and a fresh salt, as bcrypt wants them.
std::string new_setting(int cost) {
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), nullptr, 0, setting,
                        sizeof setting))
    throw std::runtime_error("bcrypt does not take this cost");
  return setting;
}

std::string hash_anew(const std::string& password, int cost) {
  return bcrypt(password, new_setting(cost).c_str());
}

// What no password hashes to, but takes as long to find out; made without hashing anything.
std::string hash_of_nothing(int cost) {
  constexpr std::size_t kHashLength = 31;
  return new_setting(cost) + std::string(kHashLength, '.');
}

}  // namespace

Result<void> check_password(std::string_view password, std::string field,
                            std::span<const std::string> about_the_user) {
  if (password.size() > kLongestPassword)
    return fail_field(std::move(field), "at most 72 bytes", Errc::password_too_long);
  if (password.find('\0') != std::string_view::npos)
    return fail_field(std::move(field), "must not contain a null character", Errc::weak_password);

  const auto any = [&](auto is) { return std::ranges::any_of(password, is); };
  const bool strong =
      password.size() >= kShortestPassword && any([](char c) { return c >= 'a' && c <= 'z'; }) &&
      any([](char c) { return c >= 'A' && c <= 'Z'; }) &&
      any([](char c) { return c >= '0' && c <= '9'; }) && any([](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'));
      });
  if (!strong)
    return fail_field(std::move(field),
                      "needs 8 characters with upper case, lower case, a digit "
                      "and a special one",
                      Errc::weak_password);

  switch (strength_of(password, about_the_user)) {
    case Strength::good:
      return {};
    case Strength::holds_a_name:
      return fail_field(std::move(field), "is too easy to guess: it holds your name",
                        Errc::weak_password);
    case Strength::guessable:
      break;
  }
  return fail_field(std::move(field), "is too easy to guess", Errc::weak_password);
}

Passwords::Passwords(int cost, unsigned threads, std::size_t longest_queue)
    : cost_(cost),
      nobodys_hash_(hash_of_nothing(cost)),
      pool_("bcrypt", threads, longest_queue, WorkerPool::Priority::low) {}

Task<Result<std::string>> Passwords::hash(std::string password) {
  auto hash = co_await pool_.run([&] { return hash_anew(password, cost_); });
  if (!hash) co_return fail(Errc::busy);
  co_return std::move(*hash);
}

Task<Result<bool>> Passwords::matches(std::string password, std::string hash) {
  // bcrypt stops at a null character, which no password may contain.
  const bool somebodys = !hash.empty() && password.find('\0') == std::string::npos;
  if (!somebodys) hash = nobodys_hash_;
  const auto same =
      co_await pool_.run([&] { return same_secret(bcrypt(password, hash.c_str()), hash); });
  if (!same) co_return fail(Errc::busy);
  co_return somebodys && *same;
}

}  // namespace parley::user
