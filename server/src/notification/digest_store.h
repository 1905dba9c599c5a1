#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "delivery/jobs.h"
#include "model/device.h"

namespace parley::notification {

// Somebody who is away, and what decides whether they are mailed a digest.
struct Absence {
  UserId user_id;
  Timestamp since;        // when it began, or from when on it is to count
  Timestamp last_active;  // when they were last connected or had their tokens renewed
  std::string email;      // verified; empty: there is none, or the account is not in use
  std::string display_name;
  std::string language;
  NotificationSettings settings;
  std::optional<Timestamp> digest_at;  // when they were last mailed one
};

// What waits for somebody, in chats they have not muted.
struct Waiting {
  struct InChat {
    std::string name;  // of the group, or of the other one as the user calls them
    std::int64_t messages = 0;
  };
  std::int64_t messages = 0;
  std::int64_t chats = 0;
  std::vector<InChat> most;  // those with the most messages, at most kMostNamed
};

// What is to become of an absence.
struct AbsenceDecision {
  UserId user_id;
  Timestamp since;                         // as it was read: another one is left alone
  std::optional<Timestamp> later{};        // it counts from then on; nothing: it is done with
  std::string email{};                     // where the mail goes,
  std::optional<delivery::NewJob> mail{};  // when there is one
};

// DigestStore keeps who is away and has not been thought about yet. Somebody with a verified
// address gets there when their last connection ends (delivery/last_seen.h) or when they do not
// acknowledge what was sent (chat/away.h). Throws StorageUnavailable. Safe to call from any loop.
class DigestStore {
 public:
  static constexpr std::size_t kMostNamed = 5;

  virtual ~DigestStore() = default;

  // Up to `most` of those who are away since `until` or longer, the longest first.
  virtual Task<std::vector<Absence>> away_since(Timestamp until, std::int64_t most) = 0;

  virtual Task<Waiting> waiting(UserId user) = 0;

  // One transaction. The job of a mail is left together with the note that it was, and only when
  // the absence is still there and the user still wants it at that address. Answers how many were
  // left.
  virtual Task<std::int64_t> settle(std::vector<AbsenceDecision> decisions) = 0;

  // The user wants no digests any more.
  virtual Task<void> turn_off(UserId user) = 0;
};

}  // namespace parley::notification
