#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/moderation.h"
#include "model/nullable.h"
#include "model/session.h"

namespace parley::user {

struct NewReport {
  UserId reporter_id;
  std::optional<UserId> user_id;        // needed when no message is named
  std::optional<ChatId> chat_id;        // where it happened
  std::optional<MessageId> message_id;  // what they said
  ReportReason reason = ReportReason::other;
  std::optional<std::string> comment;
};

struct KeptReport {
  ReportId id;
  UserId user_id;  // who it is about
  bool first_time = true;
};

struct ReportPage {
  std::vector<Report> reports;  // newest first
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(ReportPage, (), (reports, next_cursor))

// ReportStore keeps what people report. Every call is one transaction, and what it reports is on
// disk. Throws StorageUnavailable when nothing can be stored. Safe to call from any loop.
class ReportStore {
 public:
  virtual ~ReportStore() = default;

  // Keeps a report, with the message as it reads now. The same once more, while it is open, is the
  // first one. Refuses with user_not_found; with chat_not_found and message_not_found for what
  // the reporter may not see; with validation_failed when it is about themselves or fits nobody.
  virtual Task<Result<KeptReport>> create(NewReport report) = 0;

  // For moderators (forbidden); kept in the audit log like all of AdminStore.
  virtual Task<Result<ReportPage>> list(Caller actor, std::optional<ReportState> state,
                                        std::optional<std::string> cursor, std::int64_t limit) = 0;
  // Refuses with report_not_found. A report may be handled again.
  virtual Task<Result<Report>> handle(Caller actor, ReportId report, ReportState state,
                                      std::optional<std::string> note) = 0;
};

}  // namespace parley::user
