#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/ids.h"
#include "model/user.h"

namespace parley {

// Who an operator at the command line is, in the audit log and in tokens: no account has this id.
inline constexpr UserId kOperator{1};

// An account, as those who run the installation see it.
struct AccountInfo : User {
  std::optional<std::string> email;
  std::optional<std::string> phone_number;
  Role role = Role::user;
  bool suspended = false;
  std::optional<std::string> suspended_reason;
  std::optional<Timestamp> last_seen_at;
  std::int64_t session_count = 0;
};
BOOST_DESCRIBE_STRUCT(AccountInfo, (User),
                      (email, phone_number, role, suspended, suspended_reason, last_seen_at,
                       session_count))

BOOST_DEFINE_ENUM_CLASS(ReportReason, spam, abuse, violence, child_safety, impersonation, other)

BOOST_DEFINE_ENUM_CLASS(ReportState, open, resolved, dismissed)

// What somebody told the moderators about a user or one of their messages (FEATURES A42).
struct Report {
  ReportId id;
  UserId reporter_id;
  UserId user_id;  // who it is about
  std::optional<ChatId> chat_id;
  std::optional<MessageId> message_id;
  ReportReason reason = ReportReason::other;
  std::optional<std::string> comment;
  std::optional<std::string> evidence;  // the message as it read when it was reported
  ReportState state = ReportState::open;
  Timestamp created_at;
  std::optional<UserId> handled_by;
  std::optional<Timestamp> handled_at;
  std::optional<std::string> note;  // of the moderator
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (id, reporter_id, user_id, chat_id, message_id, reason, comment, evidence,
                       state, created_at, handled_by, handled_at, note))

// Something that an operator did or looked at (FEATURES S17).
struct AuditEntry {
  AuditEntryId id;
  Timestamp at;
  UserId actor_id;
  std::string actor_name;  // as they were called then
  std::string action;      // the operation: "admin:suspend"
  std::optional<UserId> subject_id;
  std::string address;
  std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(AuditEntry, (),
                      (id, at, actor_id, actor_name, action, subject_id, address, detail))

// What lets so many people make an account, until then. Its token is shown once.
struct Invite {
  InviteId id;
  std::int64_t uses = 1;
  std::int64_t used = 0;
  Timestamp expires_at;
  Timestamp created_at;
};
BOOST_DESCRIBE_STRUCT(Invite, (), (id, uses, used, expires_at, created_at))

}  // namespace parley
