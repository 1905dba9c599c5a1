#include "storage/sql/report_store.h"

#include <algorithm>
#include <utility>

#include <boost/describe/enum_to_string.hpp>
#include <fmt/format.h>

#include "storage/sql/audit_log.h"
#include "storage/sql/list_cursor.h"

namespace parley::storage {
namespace {

// What a report is about, once it is found.
struct Subject {
  UserId user;
  std::optional<ChatId> chat;
  std::optional<std::string> evidence;
};

struct Said {
  ChatId chat;
  UserId sender;
  std::string content;
};

std::optional<Said> find_message(Connection& db, MessageId id) {
  auto row = db.query(
      "SELECT m.chat_id, m.sender_id, m.content FROM message_log l"
      " JOIN messages m ON m.chat_id = l.chat_id AND m.seq = l.seq"
      " JOIN chats c ON c.id = m.chat_id AND m.seq >= c.first_seq"
      " WHERE l.id = ?1 AND m.kind = ?2 AND m.deleted_at IS NULL",
      id, EntryKind::message);
  if (!row.next()) return std::nullopt;
  return Said{.chat = row.id<ChatId>(0), .sender = row.id<UserId>(1), .content = row.string(2)};
}

bool is_in(Connection& db, ChatId chat, UserId user) {
  return db
      .query("SELECT 1 FROM participants WHERE chat_id = ?1 AND user_id = ?2 AND role <> ?3", chat,
             user, ParticipantRole::left)
      .next();
}

Result<Subject> message_subject(Transaction& transaction, const user::NewReport& report) {
  const auto said = find_message(transaction.db(), *report.message_id);
  // To who is not in the chat, there is no such message.
  if (!said || !is_in(transaction.db(), said->chat, report.reporter_id))
    return fail(Errc::message_not_found);
  if (report.chat_id && *report.chat_id != said->chat) return fail(Errc::message_not_found);
  if (report.user_id && *report.user_id != said->sender)
    return fail_field("userId", "did not write this message");
  return Subject{.user = said->sender, .chat = said->chat, .evidence = said->content};
}

Result<Subject> user_subject(Transaction& transaction, const user::NewReport& report) {
  if (!report.user_id) return fail_field("userId", "say who or which message it is about");
  {
    auto row = transaction.db().query("SELECT 1 FROM users WHERE id = ?1 AND deleted_at IS NULL",
                                      *report.user_id);
    if (!row.next()) return fail(Errc::user_not_found);
  }
  if (report.chat_id) {
    if (!is_in(transaction.db(), *report.chat_id, report.reporter_id))
      return fail(Errc::chat_not_found);
    auto row =
        transaction.db().query("SELECT 1 FROM participants WHERE chat_id = ?1 AND user_id = ?2",
                               *report.chat_id, *report.user_id);
    if (!row.next()) return fail(Errc::user_not_found);
  }
  return Subject{.user = *report.user_id, .chat = report.chat_id, .evidence = {}};
}

std::optional<ReportId> find_open(Connection& db, const user::NewReport& report, UserId subject) {
  auto row = db.query(
      "SELECT id FROM reports WHERE reporter_id = ?1 AND user_id = ?2 AND message_id IS NOT "
      "DISTINCT FROM ?3"
      " AND state = 0",
      report.reporter_id, subject, report.message_id);
  if (!row.next()) return std::nullopt;
  return row.id<ReportId>(0);
}

Result<user::KeptReport> keep(Transaction& transaction, const user::NewReport& report) {
  auto subject =
      report.message_id ? message_subject(transaction, report) : user_subject(transaction, report);
  if (!subject) return std::unexpected(subject.error());
  if (subject->user == report.reporter_id) return fail_field("userId", "is yourself");
  if (const auto open = find_open(transaction.db(), report, subject->user))
    return user::KeptReport{.id = *open, .user_id = subject->user, .first_time = false};

  const auto id = transaction.next_id<ReportKind>();
  transaction.db().run(
      "INSERT INTO reports (id, reporter_id, user_id, chat_id, message_id, reason, comment,"
      " evidence, state, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
      id, report.reporter_id, subject->user, subject->chat, report.message_id, report.reason,
      report.comment, subject->evidence, ReportState::open, transaction.clock().now());
  return user::KeptReport{.id = id, .user_id = subject->user, .first_time = true};
}

// From a row of all columns of `reports`.
Report read_report(const Query& row) {
  Report report;
  report.id = row.id<ReportId>(0);
  report.reporter_id = row.id<UserId>(1);
  report.user_id = row.id<UserId>(2);
  if (!row.null(3)) report.chat_id = row.id<ChatId>(3);
  if (!row.null(4)) report.message_id = row.id<MessageId>(4);
  report.reason = row.enumerator<ReportReason>(5);
  if (!row.null(6)) report.comment = row.string(6);
  if (!row.null(7)) report.evidence = row.string(7);
  report.state = row.enumerator<ReportState>(8);
  report.created_at = row.time(9);
  if (!row.null(10)) report.handled_by = row.id<UserId>(10);
  if (!row.null(11)) report.handled_at = row.time(11);
  if (!row.null(12)) report.note = row.string(12);
  return report;
}

std::optional<Report> find_report(Connection& db, ReportId id) {
  auto row = db.query("SELECT * FROM reports WHERE id = ?1", id);
  if (!row.next()) return std::nullopt;
  return read_report(row);
}

}  // namespace

Task<Result<user::KeptReport>> SqlReportStore::create(user::NewReport report) {
  co_return co_await database_.write(
      [&report](Transaction& transaction) { return keep(transaction, report); });
}

Task<Result<user::ReportPage>> SqlReportStore::list(Caller actor, std::optional<ReportState> state,
                                                    std::optional<std::string> cursor,
                                                    std::int64_t limit) {
  const auto before = read_list_cursor(cursor, 'r');
  if (!before) co_return std::unexpected(before.error());
  const auto noted =
      co_await note_reading(database_, actor, Role::moderator, {.action = "admin:report-list"});
  if (!noted) co_return std::unexpected(noted.error());
  constexpr std::uint64_t kNewest = (1ULL << 63) - 1;
  co_return co_await database_.read(
      [state, from = before->value_or(kNewest),
       most = std::clamp<std::int64_t>(limit, 1, 100)](Connection& db) -> Result<user::ReportPage> {
        user::ReportPage page;
        auto row = db.query(
            "SELECT * FROM reports WHERE id < ?1 AND (?2 IS NULL OR state = ?2)"
            " ORDER BY id DESC LIMIT ?3",
            from, state, most + 1);
        while (row.next()) {
          if (std::ssize(page.reports) == most) {
            page.next_cursor = write_list_cursor('r', page.reports.back().id.value());
            break;
          }
          page.reports.push_back(read_report(row));
        }
        return page;
      });
}

Task<Result<Report>> SqlReportStore::handle(Caller actor, ReportId id, ReportState state,
                                            std::optional<std::string> note) {
  co_return co_await database_.write([&, id, state](Transaction& transaction) -> Result<Report> {
    Connection& db = transaction.db();
    if (auto may = check_role(db, actor, Role::moderator); !may)
      return std::unexpected(may.error());
    const auto report = find_report(db, id);
    if (!report) return fail(Errc::report_not_found);
    db.run(
        "UPDATE reports SET state = ?2, handled_by = ?3, handled_at = ?4, note = ?5 WHERE id = ?1",
        id, state, actor.user_id, transaction.clock().now(), note);
    add_audit_entry(transaction, actor,
                    {.action = "admin:report-resolve",
                     .subject = report->user_id,
                     .detail = fmt::format("report {}: {}", id.value(),
                                           boost::describe::enum_to_string(state, ""))});
    return *find_report(db, id);
  });
}

}  // namespace parley::storage
