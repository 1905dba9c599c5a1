#include "user/provider_keys.h"

#include <boost/json/array.hpp>

#include "base/base64url.h"
#include "user/json_object.h"

namespace parley::user {
namespace {

std::string bytes_member(const boost::json::object& key, std::string_view name) {
  return from_base64url(text_member(key, name).value_or("")).value_or("");
}

std::optional<TokenAlgorithm> algorithm_of(const boost::json::object& key) {
  const auto type = text_member(key, "kty");
  if (type == "RSA") return TokenAlgorithm::rs256;
  if (type == "EC" && text_member(key, "crv") == "P-256") return TokenAlgorithm::es256;
  return std::nullopt;
}

std::optional<VerifyingKey> read_key(const boost::json::object& key, TokenAlgorithm algorithm) {
  switch (algorithm) {
    case TokenAlgorithm::rs256:
      return VerifyingKey::rsa(bytes_member(key, "n"), bytes_member(key, "e"));
    case TokenAlgorithm::es256:
      return VerifyingKey::p256(bytes_member(key, "x"), bytes_member(key, "y"));
  }
  return std::nullopt;
}

}  // namespace

std::optional<TokenAlgorithm> token_algorithm(std::string_view name) {
  if (name == "RS256") return TokenAlgorithm::rs256;
  if (name == "ES256") return TokenAlgorithm::es256;
  return std::nullopt;
}

std::optional<ProviderKeys> ProviderKeys::parse(std::string_view json) {
  const auto set = parse_object(json, kLongest);
  const auto* const listed = set ? set->if_contains("keys") : nullptr;
  if (!listed || !listed->is_array() || listed->get_array().size() > kMostKeys) return std::nullopt;

  ProviderKeys keys;
  for (const auto& one : listed->get_array()) {
    if (!one.is_object()) continue;
    const auto& key = one.get_object();
    const auto algorithm = algorithm_of(key);
    const bool signs = text_member(key, "use").value_or("sig") == "sig";
    if (!algorithm || !signs) continue;
    if (const auto named = text_member(key, "alg"); named && token_algorithm(*named) != algorithm)
      continue;
    auto read = read_key(key, *algorithm);
    if (!read) continue;
    keys.keys_.push_back({.id = std::string{text_member(key, "kid").value_or("")},
                          .algorithm = *algorithm,
                          .key = std::move(*read)});
  }
  return keys;
}

const VerifyingKey* ProviderKeys::find(std::optional<std::string_view> id,
                                       TokenAlgorithm algorithm) const {
  const VerifyingKey* found = nullptr;
  for (const Kept& kept : keys_) {
    if (kept.algorithm != algorithm || (id && kept.id != *id)) continue;
    if (found) return nullptr;  // which one, then?
    found = &kept.key;
  }
  return found;
}

}  // namespace parley::user
