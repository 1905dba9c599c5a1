#include "app/keys.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "app/signing_keys.h"
#include "base/clock.h"

namespace parley::app {
namespace {

user::SigningKeys keys_of(const NodeSettings& settings, Timestamp now) {
  if (!settings.token_secret.empty())
    throw std::runtime_error("token-secret is set and signs the tokens: change it there");
  if (!std::filesystem::is_directory(settings.data))
    throw std::runtime_error(fmt::format("There is no directory {}", settings.data.string()));
  return kept_signing_keys(settings.data, now);
}

}  // namespace

std::string rotate_keys(const NodeSettings& settings) {
  const Timestamp now = SystemClock{}.now();
  const auto lifetime = std::max(settings.lifetimes.access, settings.lifetimes.browser_access);
  const user::SigningKeys keys = keys_of(settings, now).rotated(now, lifetime);
  keep_signing_keys(settings.data, keys);
  return fmt::format("{} signs from now on.\n", keys.active().kid);
}

std::string list_keys(const NodeSettings& settings) {
  const user::SigningKeys keys = keys_of(settings, SystemClock{}.now());
  std::string text;
  for (const user::SigningKey& key : keys.all()) {
    const auto made_at = std::chrono::floor<std::chrono::seconds>(key.made_at);
    text += fmt::format("{} made {:%Y-%m-%dT%H:%M:%SZ}{}\n", key.kid, made_at,
                        &key == &keys.active() ? ", active" : "");
  }
  return text;
}

}  // namespace parley::app
