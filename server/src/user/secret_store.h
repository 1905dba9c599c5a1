#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/task.h"
#include "model/error.h"
#include "model/ids.h"

namespace parley::user {

struct Tidings;  // user/tidings.h

// What a one-time secret is good for. The numbers stand in the store.
enum class Purpose : std::uint8_t {
  verify_email = 1,     // a link; data: the address
  reset_password = 2,   // a link
  passkey_sign_in = 3,  // a challenge
  passkey_adding = 4,   // a challenge, for the user
  provider = 5,         // a sign-in under way; data: what must come back
};

// Something that proves something once. Only its hash is kept.
struct Secret {
  std::string hash;  // SHA-256, 32 bytes
  Purpose purpose = Purpose::verify_email;
  UserId user_id;  // whose it is, if it is somebody's
  std::string data;
  Timestamp expires_at;
};

struct NewCode {
  std::string phone_number;
  std::string hash;
};

struct SentCode {
  Timestamp expires_at;
  Timestamp resend_at;  // from when on the next may be asked for
};

// SecretStore keeps what is proven once, later: codes sent to phones, links in mails, challenges.
// What has expired is forgotten by and by, so the store does not grow with what nobody answers.
//
// Every call is one transaction, and what it reports is on disk. Throws StorageUnavailable when
// nothing can be stored. Safe to call from any loop.
class SecretStore {
 public:
  // FEATURES S3 and the figures.
  static constexpr std::chrono::minutes kCodeLifetime{10};
  static constexpr int kTries = 5;
  static constexpr std::chrono::seconds kFirstWait{30};  // doubles with every code sent,
  static constexpr std::chrono::minutes kLongestWait{30};
  static constexpr std::chrono::hours kCalmAfter{6};  // and begins anew after this long without one

  virtual ~SecretStore() = default;

  // The number's code from now on; an older one stops working. Refuses with rate_limited, and says
  // how long to wait, when the last one was sent too short ago.
  virtual Task<Result<SentCode>> keep_code(NewCode code, Tidings* tidings = nullptr) = 0;

  // Whether this is the number's code. A wrong one counts: after kTries of them the code stops
  // working. `use` ends a right one. Refuses with invalid_code, whatever is wrong.
  virtual Task<Result<void>> check_code(std::string phone_number, std::string hash, bool use) = 0;

  // Keeps a secret. Of one purpose and user there is one at a time.
  virtual Task<void> keep(Secret secret, Tidings* tidings = nullptr) = 0;

  // Yields a secret and forgets it, so that it works once; nothing when there is none of this
  // purpose, or it has expired.
  virtual Task<std::optional<Secret>> take(std::string hash, Purpose purpose) = 0;

  // The same without forgetting it: for what has to be looked at before it is decided on.
  virtual Task<std::optional<Secret>> look(std::string hash, Purpose purpose) = 0;
};

}  // namespace parley::user
