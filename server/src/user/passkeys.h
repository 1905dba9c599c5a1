#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "user/factor_store.h"
#include "user/secret_store.h"
#include "user/sessions.h"
#include "user/webauthn.h"

namespace parley::user {

// What a browser needs for navigator.credentials.get(). Bytes travel as base64url.
struct PasskeySignInOptions {
  std::string challenge;
  std::string rp_id;
  std::int64_t timeout = 0;  // milliseconds
  std::string user_verification;
};
BOOST_DESCRIBE_STRUCT(PasskeySignInOptions, (), (challenge, rp_id, timeout, user_verification))

struct PasskeySignIn {
  std::string credential_id;
  std::string client_data_json;
  std::string authenticator_data;
  std::string signature;
  std::optional<std::string> user_handle{};
  std::optional<std::string> device{};

  static constexpr std::array kLimits{Limit{"credentialId", Limit::Of::bytes, 1, 1400},
                                      Limit{"clientDataJson", Limit::Of::bytes, 1, 12'000},
                                      Limit{"authenticatorData", Limit::Of::bytes, 1, 24'000},
                                      Limit{"signature", Limit::Of::bytes, 1, 1400},
                                      Limit{"userHandle", Limit::Of::bytes, 0, 128},
                                      Limit{"device", Limit::Of::characters, 1, 64}};
};
BOOST_DESCRIBE_STRUCT(PasskeySignIn, (),
                      (credential_id, client_data_json, authenticator_data, signature, user_handle,
                       device))

// What a browser needs for navigator.credentials.create().
struct PasskeyOptions {
  std::string challenge;
  std::string rp_id;
  std::string rp_name;
  std::string user_handle;
  std::string user_name;
  std::string display_name;
  std::int64_t timeout = 0;  // milliseconds
  std::string user_verification;
  std::vector<std::int64_t> algorithms;  // COSE, the best first
  std::vector<std::string> exclude_credential_ids;
};
BOOST_DESCRIBE_STRUCT(PasskeyOptions, (),
                      (challenge, rp_id, rp_name, user_handle, user_name, display_name, timeout,
                       user_verification, algorithms, exclude_credential_ids))

struct AddPasskey {
  std::optional<std::string> name{};
  std::string credential_id;
  std::string client_data_json;
  std::string attestation_object;

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 1, 64},
                                      Limit{"credentialId", Limit::Of::bytes, 1, 1400},
                                      Limit{"clientDataJson", Limit::Of::bytes, 1, 12'000},
                                      Limit{"attestationObject", Limit::Of::bytes, 1, 96'000}};
};
BOOST_DESCRIBE_STRUCT(AddPasskey, (), (name, credential_id, client_data_json, attestation_object))

struct AddedPasskey {
  Passkey passkey;
  static constexpr bool first_time = true;  // REST answers 201

  const Passkey& body() const { return passkey; }
};

struct PasskeyList {
  std::vector<Passkey> passkeys;
};
BOOST_DESCRIBE_STRUCT(PasskeyList, (), (passkeys))

struct OnePasskey {
  PasskeyId passkey_id;
};
BOOST_DESCRIBE_STRUCT(OnePasskey, (), (passkey_id))

// Passkeys lets people in without a password (Web Authentication, user/webauthn.h). The device
// checks its owner, so there is no second factor to ask for.
class Passkeys {
 public:
  static constexpr std::chrono::minutes kTimeout{5};

  // People reach this server at `public_url`; passkeys are bound to its host.
  Passkeys(FactorStore& factors, SecretStore& secrets, UserStore& users, Sessions& sessions,
           Notices& notices, const Clock& clock, const std::string& public_url);

  // A challenge for signing in, good for one attempt within kTimeout.
  Task<Result<PasskeySignInOptions>> sign_in_options(Caller caller, Nothing command);

  // Refuses with invalid_passkey, whatever is wrong; with account_suspended.
  Task<Result<SignedIn>> sign_in(Caller caller, PasskeySignIn command);

  // A challenge for adding a passkey to the caller's account.
  Task<Result<PasskeyOptions>> options(Caller caller, Nothing command);

  // Refuses with invalid_passkey, validation_failed when there are too many.
  Task<Result<AddedPasskey>> add(Caller caller, AddPasskey command);

  Task<Result<PasskeyList>> list(Caller caller, Nothing command);

  // Refuses with passkey_not_found.
  Task<Result<Nothing>> remove(Caller caller, OnePasskey command);

 private:
  Task<std::string> give_challenge(Purpose purpose, UserId user);
  // The challenge these data answer, taken so that it works once; nothing when we gave none.
  Task<std::optional<std::string>> take_challenge(const std::string& client_data, Purpose purpose,
                                                  UserId user);

  FactorStore& factors_;
  SecretStore& secrets_;
  UserStore& users_;
  Sessions& sessions_;
  Notices& notices_;
  const Clock& clock_;
  const RelyingParty party_;
};

}  // namespace parley::user
