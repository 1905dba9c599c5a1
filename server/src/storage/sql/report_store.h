#pragma once

#include "storage/sql/database.h"
#include "user/report_store.h"

namespace parley::storage {

// ReportStore on SQLite: a view of a Database.
class SqlReportStore final : public user::ReportStore {
 public:
  explicit SqlReportStore(Database& database) : database_(database) {}

  Task<Result<user::KeptReport>> create(user::NewReport report) override;
  Task<Result<user::ReportPage>> list(Caller actor, std::optional<ReportState> state,
                                      std::optional<std::string> cursor,
                                      std::int64_t limit) override;
  Task<Result<Report>> handle(Caller actor, ReportId report, ReportState state,
                              std::optional<std::string> note) override;

 private:
  Database& database_;
};

}  // namespace parley::storage
