#pragma once

#include "delivery/jobs.h"
#include "storage/sql/database.h"

namespace parley::storage {

// Jobs on SQLite: a view of a Database.
class SqlJobs final : public delivery::Jobs {
 public:
  static constexpr std::int64_t kDeadKept = 1000;  // to look at; older ones are forgotten

  explicit SqlJobs(Database& database) : database_(database) {}

  Task<void> add(delivery::NewJob job) override;
  Task<std::vector<delivery::Job>> take(std::vector<std::string> kinds, std::int64_t most,
                                        std::chrono::seconds lease) override;
  Task<void> done(delivery::JobId job) override;
  Task<void> failed(delivery::JobId job, std::optional<Timestamp> retry_at,
                    std::string why) override;
  Task<Counts> counts() override;

 private:
  Database& database_;
};

// Within a transaction of the writer: leaves a job together with the change that asks for it.
void add_job(Transaction& transaction, const delivery::NewJob& job);

}  // namespace parley::storage
