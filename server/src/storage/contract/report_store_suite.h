#pragma once

#include "storage/contract/operators.h"

// What every ReportStore promises, as tests.

namespace parley::storage::contract {

template <class E>
class ReportStoreContract : public OperatorSuite<E> {
 public:
  Result<user::KeptReport> report(UserId reporter, std::optional<UserId> user,
                                  std::optional<ChatId> chat = {},
                                  std::optional<MessageId> message = {}) {
    return await(this->engine.reports().create({.reporter_id = reporter,
                                                .user_id = user,
                                                .chat_id = chat,
                                                .message_id = message,
                                                .reason = ReportReason::abuse,
                                                .comment = "look"}));
  }
  std::vector<Report> reports(std::optional<ReportState> state = {}) {
    return await(this->engine.reports().list(this->by(this->mod), state, {}, 100)).value().reports;
  }
};
TYPED_TEST_SUITE_P(ReportStoreContract);

TYPED_TEST_P(ReportStoreContract, AMessageIsKeptAsItRead) {
  const ChatId chat = this->direct(this->alice, this->bob);
  const Message said = this->send(this->bob, chat, "something awful");
  const auto kept = this->report(this->alice, {}, {}, said.id).value();
  EXPECT_TRUE(kept.first_time);
  EXPECT_EQ(kept.user_id, this->bob);
  this->engine.reopen();
  const Report seen = this->reports().at(0);
  EXPECT_EQ(seen.id, kept.id);
  EXPECT_EQ(seen.reporter_id, this->alice);
  EXPECT_EQ(seen.user_id, this->bob);
  EXPECT_EQ(seen.chat_id, chat);
  EXPECT_EQ(seen.message_id, said.id);
  EXPECT_EQ(seen.reason, ReportReason::abuse);
  EXPECT_EQ(seen.comment, "look");
  EXPECT_EQ(seen.evidence, "something awful");
  EXPECT_EQ(seen.state, ReportState::open);
  EXPECT_FALSE(seen.handled_by);
  EXPECT_EQ(this->newest().action, "admin:report-list");
}

TYPED_TEST_P(ReportStoreContract, WhatOneMayNotSeeCannotBeReported) {
  const ChatId chat = this->direct(this->alice, this->bob);
  const Message said = this->send(this->bob, chat, "between us");
  const ChatId group = this->group(this->alice, {this->bob, this->mod});
  const Message told = this->send(this->bob, group, "among us");
  ASSERT_TRUE(await(this->engine.chats().remove(this->alice, group, this->mod)).has_value());
  EXPECT_TRUE(refused(this->report(this->root, {}, {}, said.id), Errc::message_not_found));
  EXPECT_TRUE(refused(this->report(this->mod, {}, {}, told.id), Errc::message_not_found));
  EXPECT_TRUE(refused(this->report(this->root, this->bob, chat), Errc::chat_not_found));
  EXPECT_TRUE(refused(this->report(this->alice, {}, group, said.id), Errc::message_not_found));
  EXPECT_TRUE(refused(this->report(this->alice, {}, {}, MessageId{5}), Errc::message_not_found));
  EXPECT_TRUE(refused(this->report(this->alice, UserId{5}), Errc::user_not_found));
  EXPECT_TRUE(refused(this->report(this->alice, this->root, chat), Errc::user_not_found));
  EXPECT_TRUE(this->reports().empty());
}

TYPED_TEST_P(ReportStoreContract, WhatFitsNobodyIsRefused) {
  const ChatId chat = this->direct(this->alice, this->bob);
  const Message own = this->send(this->alice, chat, "mine");
  EXPECT_TRUE(refused(this->report(this->alice, {}), Errc::validation_failed));
  EXPECT_TRUE(refused(this->report(this->alice, {}, chat), Errc::validation_failed));
  EXPECT_TRUE(refused(this->report(this->alice, this->alice), Errc::validation_failed));
  EXPECT_TRUE(refused(this->report(this->alice, {}, {}, own.id), Errc::validation_failed));
  EXPECT_TRUE(refused(this->report(this->bob, this->root, {}, own.id), Errc::validation_failed));
  EXPECT_TRUE(this->reports().empty());
}

TYPED_TEST_P(ReportStoreContract, TheSameAgainIsTheSameReportUntilItIsHandled) {
  const auto first = this->report(this->alice, this->bob).value();
  const auto again = this->report(this->alice, this->bob).value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_FALSE(again.first_time);
  EXPECT_NE(this->report(this->root, this->bob)->id, first.id);
  ASSERT_TRUE(await(this->engine.reports().handle(this->by(this->mod), first.id,
                                                  ReportState::dismissed, {}))
                  .has_value());
  EXPECT_NE(this->report(this->alice, this->bob)->id, first.id);
}

TYPED_TEST_P(ReportStoreContract, AModeratorHandlesWhatIsOpen) {
  const auto first = this->report(this->alice, this->bob).value();
  const auto second = this->report(this->bob, this->alice).value();
  const Report done = await(this->engine.reports().handle(this->by(this->mod), first.id,
                                                          ReportState::resolved, "warned"))
                          .value();
  EXPECT_EQ(done.state, ReportState::resolved);
  EXPECT_EQ(done.handled_by, this->mod);
  EXPECT_EQ(done.handled_at, this->engine.clock().now());
  EXPECT_EQ(done.note, "warned");
  EXPECT_EQ(this->newest().action, "admin:report-resolve");
  EXPECT_EQ(this->newest().subject_id, this->bob);
  ASSERT_EQ(this->reports(ReportState::open).size(), 1u);
  EXPECT_EQ(this->reports(ReportState::open)[0].id, second.id);
  EXPECT_EQ(this->reports(ReportState::resolved)[0].id, first.id);

  const auto page = await(this->engine.reports().list(this->by(this->mod), {}, {}, 1)).value();
  EXPECT_EQ(page.reports[0].id, second.id);
  const auto rest =
      await(this->engine.reports().list(this->by(this->mod), {}, *page.next_cursor, 1)).value();
  EXPECT_EQ(rest.reports[0].id, first.id);
  EXPECT_FALSE(rest.next_cursor);
}

TYPED_TEST_P(ReportStoreContract, ReportsAreForModerators) {
  const auto kept = this->report(this->alice, this->bob).value();
  const auto before = this->entries();
  auto& reports = this->engine.reports();
  EXPECT_TRUE(refused(await(reports.list(this->by(this->bob), {}, {}, 9)), Errc::forbidden));
  EXPECT_TRUE(
      refused(await(reports.handle(this->by(this->bob), kept.id, ReportState::dismissed, {})),
              Errc::forbidden));
  EXPECT_TRUE(
      refused(await(reports.handle(this->by(this->mod), ReportId{3}, ReportState::dismissed, {})),
              Errc::report_not_found));
  EXPECT_EQ(this->entries(), before);
  EXPECT_EQ(this->reports(ReportState::open).size(), 1u);
}

REGISTER_TYPED_TEST_SUITE_P(ReportStoreContract, AMessageIsKeptAsItRead,
                            WhatOneMayNotSeeCannotBeReported, WhatFitsNobodyIsRefused,
                            TheSameAgainIsTheSameReportUntilItIsHandled,
                            AModeratorHandlesWhatIsOpen, ReportsAreForModerators);

}  // namespace parley::storage::contract
