#include "user/webauthn.h"

#include <algorithm>
#include <optional>

#include <openssl/sha.h>

#include "base/base64url.h"
#include "user/cbor.h"
#include "user/cose_key.h"
#include "user/json_object.h"
#include "user/secret.h"

namespace parley::user {
namespace {

using Kind = Cbor::Kind;

constexpr std::size_t kLongestClientData = 8 * 1024;
constexpr std::size_t kLongestAttestation = 64 * 1024;
constexpr std::size_t kLongestAuthenticatorData = 16 * 1024;
constexpr std::size_t kLongestCredentialId = 1023;
constexpr std::size_t kLongestSignature = 1024;

// The flags of authenticator data (§6.1).
constexpr unsigned kUserPresent = 1U << 0;
constexpr unsigned kUserVerified = 1U << 2;
constexpr unsigned kAttestedCredential = 1U << 6;
constexpr unsigned kExtensions = 1U << 7;

std::unexpected<Error> refuse(const char* why) { return fail(Errc::invalid_passkey, why); }

std::string sha256(std::string_view text) {
  std::string hash(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(hash.data()));
  return hash;
}

// What the browser says of the ceremony (§5.8.1).
Result<void> check_client_data(const RelyingParty& party, std::string_view type,
                               std::string_view challenge, std::string_view json) {
  if (json.size() > kLongestClientData) return refuse("The client data is too long");
  const auto parsed = parse_object(json, kLongestClientData);
  if (!parsed) return refuse("The client data is no JSON object");
  const boost::json::object& data = *parsed;

  if (text_member(data, "type") != type) return refuse("The client data is of another ceremony");
  const auto challenged = from_base64url(text_member(data, "challenge").value_or("?"));
  if (challenge.empty() || !challenged || !same_secret(*challenged, challenge))
    return refuse("The challenge is another one");
  const auto origin = text_member(data, "origin");
  if (!origin || std::ranges::find(party.origins, *origin) == party.origins.end())
    return refuse("The origin is another one");
  if (const auto* const crossed = data.if_contains("crossOrigin");
      crossed && *crossed != boost::json::value(false))
    return refuse("The page was framed by another origin");
  if (const auto* const binding = data.if_contains("tokenBinding"); binding) {
    const bool supported_only =
        binding->is_object() && text_member(binding->get_object(), "status") == "supported";
    if (!supported_only) return refuse("The client data is bound to another connection");
  }
  return {};
}

// What the passkey says (§6.1). The strings are views of what was read.
struct AuthenticatorData {
  std::string_view rp_id_hash;
  unsigned flags = 0;
  std::uint32_t sign_count = 0;
  std::string_view aaguid;
  std::string_view credential_id;
  std::string_view public_key;
};

// Takes `size` bytes off the front, or as many as there are.
std::string_view take(std::string_view& bytes, std::size_t size) {
  const auto taken = bytes.substr(0, size);
  bytes.remove_prefix(taken.size());
  return taken;
}

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// Nothing when it is cut, or holds more than its flags say.
std::optional<AuthenticatorData> read_authenticator_data(std::string_view bytes) {
  if (bytes.size() < 37 || bytes.size() > kLongestAuthenticatorData) return std::nullopt;
  AuthenticatorData data;
  data.rp_id_hash = take(bytes, 32);
  data.flags = big_endian(take(bytes, 1));
  data.sign_count = big_endian(take(bytes, 4));

  if (data.flags & kAttestedCredential) {
    if (bytes.size() < 18) return std::nullopt;
    data.aaguid = take(bytes, 16);
    const std::size_t length = big_endian(take(bytes, 2));
    if (length == 0 || length > kLongestCredentialId || length > bytes.size()) return std::nullopt;
    data.credential_id = take(bytes, length);
    const std::string_view from_key_on = bytes;
    if (!read_cbor(bytes)) return std::nullopt;
    data.public_key = from_key_on.substr(0, from_key_on.size() - bytes.size());
  }
  if (data.flags & kExtensions) {
    const auto extensions = read_cbor(bytes);
    if (!extensions || !extensions->is(Kind::map)) return std::nullopt;
  }
  if (!bytes.empty()) return std::nullopt;
  return data;
}

Result<void> check_authenticator_data(const RelyingParty& party, const AuthenticatorData& data) {
  if (data.rp_id_hash != sha256(party.id)) return refuse("The passkey spoke to another site");
  if (!(data.flags & kUserPresent)) return refuse("The user was not present");
  if (!(data.flags & kUserVerified)) return refuse("The user was not verified");
  return {};
}

// The authenticator data in an attestation object (§6.5.4).
Result<std::string_view> attested(std::string_view attestation_object) {
  if (attestation_object.size() > kLongestAttestation)
    return refuse("The attestation object is too long");
  const auto object = read_cbor(attestation_object);
  if (!object || !object->is(Kind::map) || !attestation_object.empty())
    return refuse("The attestation object cannot be read");
  const Cbor* const format = object->find("fmt");
  const Cbor* const statement = object->find("attStmt");
  const Cbor* const data = object->find("authData");
  if (!format || !format->is(Kind::text) || !statement || !statement->is(Kind::map) || !data ||
      !data->is(Kind::bytes))
    return refuse("The attestation object is not complete");
  if (format->string == "none" && !statement->items.empty())
    return refuse("There is an attestation where there is none");
  return data->string;
}

}  // namespace

std::optional<std::string> challenge_of(std::string_view client_data_json) {
  const auto data = parse_object(client_data_json, kLongestClientData);
  return data ? from_base64url(text_member(*data, "challenge").value_or("?")) : std::nullopt;
}

std::string new_challenge() {
  const auto bytes = random_bytes<32>();
  return {bytes.begin(), bytes.end()};
}

Result<RegisteredPasskey> verify_registration(const RelyingParty& party, std::string_view challenge,
                                              std::string_view client_data_json,
                                              std::string_view attestation_object) {
  if (const auto right = check_client_data(party, "webauthn.create", challenge, client_data_json);
      !right)
    return std::unexpected(right.error());
  const auto bytes = attested(attestation_object);
  if (!bytes) return std::unexpected(bytes.error());
  const auto data = read_authenticator_data(*bytes);
  if (!data) return refuse("The authenticator data cannot be read");
  if (const auto right = check_authenticator_data(party, *data); !right)
    return std::unexpected(right.error());
  if (!(data->flags & kAttestedCredential)) return refuse("There is no credential");
  if (!CoseKey::parse(data->public_key)) return refuse("The key is of no kind that we take");

  return RegisteredPasskey{.credential_id = std::string{data->credential_id},
                           .public_key = std::string{data->public_key},
                           .sign_count = data->sign_count,
                           .aaguid = std::string{data->aaguid}};
}

Result<std::uint32_t> verify_assertion(const RelyingParty& party, std::string_view challenge,
                                       std::string_view public_key, std::uint32_t sign_count,
                                       const Assertion& assertion) {
  if (const auto right =
          check_client_data(party, "webauthn.get", challenge, assertion.client_data_json);
      !right)
    return std::unexpected(right.error());
  const auto data = read_authenticator_data(assertion.authenticator_data);
  if (!data || data->flags & kAttestedCredential)
    return refuse("The authenticator data cannot be read");
  if (const auto right = check_authenticator_data(party, *data); !right)
    return std::unexpected(right.error());

  const auto key = CoseKey::parse(public_key);
  const std::string signed_text = assertion.authenticator_data + sha256(assertion.client_data_json);
  if (!key || assertion.signature.size() > kLongestSignature ||
      !key->verifies(assertion.signature, signed_text))
    return refuse("The signature is not the passkey's");

  const bool counts = data->sign_count != 0 || sign_count != 0;
  if (counts && data->sign_count <= sign_count)
    return refuse("The passkey has been copied: its count did not grow");
  return data->sign_count;
}

}  // namespace parley::user
