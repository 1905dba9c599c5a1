#pragma once

#include <array>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/moderation.h"
#include "model/session.h"
#include "user/contacts.h"
#include "user/report_store.h"

namespace parley::user {

struct CreateReport {
  std::optional<UserId> user_id{};        // who it is about, unless a message is named
  std::optional<ChatId> chat_id{};        // where
  std::optional<MessageId> message_id{};  // what they said
  ReportReason reason = ReportReason::other;
  std::optional<std::string> comment{};
  std::optional<bool> block{};  // them as well

  static constexpr std::array kLimits{Limit{"comment", Limit::Of::characters, 0, 2000}};
};
BOOST_DESCRIBE_STRUCT(CreateReport, (), (user_id, chat_id, message_id, reason, comment, block))

struct ReportMade {
  ReportId id;
};
BOOST_DESCRIBE_STRUCT(ReportMade, (), (id))

struct ReportCreated {
  ReportMade report;
  bool first_time = true;

  const ReportMade& body() const { return report; }
};

struct ListReports {
  std::optional<ReportState> state{};
  std::optional<std::int64_t> limit{};
  std::optional<std::string> cursor{};

  static constexpr std::array kLimits{Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListReports, (), (state, limit, cursor))

BOOST_DEFINE_ENUM_CLASS(ReportAction, dismiss, resolve)

struct ResolveReport {
  ReportId report_id;
  ReportAction action = ReportAction::resolve;
  std::optional<std::string> note{};

  static constexpr std::array kLimits{Limit{"note", Limit::Of::characters, 0, 2000}};
};
BOOST_DESCRIBE_STRUCT(ResolveReport, (), (report_id, action, note))

// What people tell the moderators, and what comes of it (FEATURES A42).
class Reports {
 public:
  Reports(ReportStore& store, Contacts& contacts) : store_(store), contacts_(contacts) {}

  // Reports somebody, or a message of theirs, which is kept as it reads now. The same once more,
  // while it is open, is the first one. Refuses with user_not_found, chat_not_found,
  // message_not_found, validation_failed.
  Task<Result<ReportCreated>> create(Caller caller, CreateReport command);

  Task<Result<ReportPage>> list(Caller caller, ListReports command);

  // Refuses with report_not_found.
  Task<Result<Report>> resolve(Caller caller, ResolveReport command);

 private:
  ReportStore& store_;
  Contacts& contacts_;
};

}  // namespace parley::user
