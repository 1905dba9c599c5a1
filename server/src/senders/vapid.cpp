#include "senders/vapid.h"

#include <span>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/base64url.h"

namespace parley::senders {
namespace {

std::string base64url_of(const std::string& bytes) {
  return base64url(std::span{reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

}  // namespace

std::string new_vapid_key() { return base64url_of(PrivateKey::new_p256().scalar()); }

std::optional<PrivateKey> read_vapid_key(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (text.contains("-----BEGIN")) {
    auto key = PrivateKey::from_pem(text);
    if (!key || !key->is_p256()) return std::nullopt;
    return key;
  }
  while (text.ends_with('=')) text.remove_suffix(1);
  const auto scalar = from_base64url(text);
  return scalar ? PrivateKey::from_scalar(*scalar) : std::nullopt;
}

Vapid::Vapid(PrivateKey key, std::string contact, const Clock& clock)
    : key_(std::move(key)),
      contact_(std::move(contact)),
      public_key_(base64url_of(key_.public_point())),
      clock_(clock) {}

std::string Vapid::authorization(const std::string& origin) {
  const Timestamp now = clock_.now();
  const std::lock_guard lock{mutex_};
  auto kept = tokens_.find(origin);
  if (kept == tokens_.end() || now >= kept->second.made + kUse || now < kept->second.made) {
    // Origins come from clients. Signing again is cheap, so nobody has to be remembered for long.
    if (kept == tokens_.end() && tokens_.size() >= kMostOrigins) tokens_.clear();
    const auto until = std::chrono::floor<std::chrono::seconds>(now + kValidity);
    std::string token = key_.sign_token(
        R"({"typ":"JWT","alg":"ES256"})",
        boost::json::serialize(boost::json::object{
            {"aud", origin}, {"exp", until.time_since_epoch().count()}, {"sub", contact_}}));
    kept = tokens_.insert_or_assign(origin, Token{.text = std::move(token), .made = now}).first;
  }
  return "vapid t=" + kept->second.text + ", k=" + public_key_;
}

}  // namespace parley::senders
