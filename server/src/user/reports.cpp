#include "user/reports.h"

#include <utility>

namespace parley::user {

Task<Result<ReportCreated>> Reports::create(Caller caller, CreateReport command) {
  const auto kept = co_await store_.create({.reporter_id = caller.user_id,
                                            .user_id = command.user_id,
                                            .chat_id = command.chat_id,
                                            .message_id = command.message_id,
                                            .reason = command.reason,
                                            .comment = std::move(command.comment)});
  if (!kept) co_return std::unexpected(kept.error());
  if (command.block.value_or(false)) {
    const auto blocked = co_await contacts_.block(std::move(caller), {kept->user_id});
    if (!blocked) co_return std::unexpected(blocked.error());
  }
  co_return ReportCreated{.report = {.id = kept->id}, .first_time = kept->first_time};
}

Task<Result<ReportPage>> Reports::list(Caller caller, ListReports command) {
  co_return co_await store_.list(std::move(caller), command.state, std::move(command.cursor),
                                 command.limit.value_or(50));
}

Task<Result<Report>> Reports::resolve(Caller caller, ResolveReport command) {
  const auto state =
      command.action == ReportAction::dismiss ? ReportState::dismissed : ReportState::resolved;
  co_return co_await store_.handle(std::move(caller), command.report_id, state,
                                   std::move(command.note));
}

}  // namespace parley::user
