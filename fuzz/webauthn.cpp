// What a passkey says, of any bytes, is read or refused; and whatever was registered can be asked
// for a sign-in.

#include "user/webauthn.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "user/cose_key.h"

// The first two bytes are the length of the client data, which comes next; the rest is the
// attestation object, and once more the authenticator data of a sign-in.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley::user;
  static const RelyingParty party{"chat.example.org", {"https://chat.example.org"}};
  constexpr std::string_view kChallenge = "the challenge of this ceremony..";

  if (size < 2) return 0;
  std::string_view input{reinterpret_cast<const char*>(data), size};
  const std::size_t length = static_cast<std::size_t>(data[0]) << 8 | data[1];
  input.remove_prefix(2);
  const std::string client_data{input.substr(0, length)};
  input.remove_prefix(std::min(length, input.size()));

  const auto made = verify_registration(party, kChallenge, client_data, input);
  if (made && (made->credential_id.empty() || made->aaguid.size() != 16 ||
               !CoseKey::parse(made->public_key)))
    std::abort();

  // Nothing here was signed by anybody.
  const Assertion assertion{.client_data_json = client_data,
                            .authenticator_data = std::string{input},
                            .signature = std::string{input.substr(0, 80)}};
  if (verify_assertion(party, kChallenge, made ? made->public_key : std::string{input}, 0,
                       assertion))
    std::abort();
  return 0;
}
