#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/ids.h"
#include "model/nullable.h"
#include "user/tidings.h"

namespace parley::user {

// The shared secret of a user's authenticator.
struct Totp {
  std::string secret;                // bytes
  std::optional<std::int64_t> step;  // the last one used; none while it is not confirmed
};

// A passkey, as its owner sees it.
struct Passkey {
  PasskeyId id;
  std::string name;
  Timestamp created_at;
  Nullable<Timestamp> last_used_at;
};
BOOST_DESCRIBE_STRUCT(Passkey, (), (id, name, created_at, last_used_at))

struct NewPasskey {
  UserId user_id;
  std::string name;
  std::string credential_id;  // bytes
  std::string public_key;     // COSE
  std::uint32_t sign_count = 0;
};

// A passkey, as it is verified.
struct KeptPasskey {
  PasskeyId id;
  UserId user_id;
  std::string public_key;
  std::uint32_t sign_count = 0;
};

// FactorStore keeps what else than a password proves who somebody is: authenticators with their
// recovery codes, passkeys, and identities at sign-in providers.
//
// Every call is one transaction, which keeps the tidings of the change it makes, and what it
// reports is on disk. Throws StorageUnavailable when nothing can be stored. Safe to call from any
// loop.
class FactorStore {
 public:
  static constexpr std::int64_t kMostPasskeys = 20;  // of one user

  virtual ~FactorStore() = default;

  virtual Task<std::optional<Totp>> totp(UserId user) = 0;

  // Keeps a secret that is to be confirmed; false when one is confirmed already.
  virtual Task<bool> begin_totp(UserId user, std::string secret) = 0;

  // Confirms the secret, with the step that was used, and keeps the hashes of recovery codes in
  // place of the old ones. False when the step is not later than the last one.
  virtual Task<bool> confirm_totp(UserId user, std::int64_t step,
                                  std::vector<std::string> recovery_hashes,
                                  Tidings* tidings = nullptr) = 0;

  // Uses a step, or a recovery code, up: false when it had been used before.
  virtual Task<bool> use_totp_step(UserId user, std::int64_t step) = 0;
  virtual Task<bool> use_recovery_code(UserId user, std::string hash) = 0;

  // Forgets the secret and the recovery codes.
  virtual Task<void> remove_totp(UserId user, Tidings* tidings = nullptr) = 0;

  // Refuses with validation_failed when the user has too many, or the credential is somebody's.
  virtual Task<Result<Passkey>> add_passkey(NewPasskey passkey, Tidings* tidings = nullptr) = 0;
  virtual Task<std::vector<Passkey>> passkeys(UserId user) = 0;
  virtual Task<std::vector<std::string>> credential_ids(UserId user) = 0;
  // Refuses with passkey_not_found.
  virtual Task<Result<void>> remove_passkey(UserId user, PasskeyId passkey,
                                            Tidings* tidings = nullptr) = 0;
  virtual Task<std::optional<KeptPasskey>> find_passkey(std::string credential_id) = 0;
  virtual Task<void> passkey_used(PasskeyId passkey, std::uint32_t sign_count) = 0;

  // Who that is at the provider, if they have signed in with it before.
  virtual Task<std::optional<UserId>> find_identity(std::string issuer, std::string subject) = 0;
  // From now on they are `user`. Refuses with user_not_found.
  virtual Task<Result<void>> add_identity(std::string issuer, std::string subject, UserId user) = 0;
};

}  // namespace parley::user
