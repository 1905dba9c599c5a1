#include "storage/sql/jobs.h"

#include <algorithm>
#include <utility>

namespace parley::storage {
namespace {

std::vector<delivery::Job> due_jobs(Connection& db, const std::vector<std::string>& kinds,
                                    std::int64_t most, Timestamp now) {
  std::vector<delivery::Job> jobs;
  for (const std::string& kind : kinds) {
    auto row = db.query(
        "SELECT id, payload, attempt FROM jobs WHERE kind = ?1 AND due <= ?2 AND dead = 0"
        " ORDER BY due, id LIMIT ?3",
        kind, now, most - std::ssize(jobs));
    while (row.next()) {
      jobs.push_back({.id = row.id<delivery::JobId>(0),
                      .kind = kind,
                      .payload = row.string(1),
                      .attempt = row.integer(2) + 1});
    }
  }
  return jobs;
}

}  // namespace

void add_job(Transaction& transaction, const delivery::NewJob& job) {
  if (job.key) {
    // One that is taken is being done, with what it says; see failed().
    transaction.db().run(
        "DELETE FROM jobs WHERE kind = ?1 AND key = ?2 AND dead = 0 AND (taken = 0 OR due <= ?3)",
        job.kind, job.key, transaction.clock().now());
  }
  transaction.db().run("INSERT INTO jobs (id, kind, payload, key, due) VALUES (?1, ?2, ?3, ?4, ?5)",
                       transaction.next_id<delivery::JobKind>(), job.kind, job.payload, job.key,
                       std::max(job.due, transaction.clock().now()));
}

Task<void> SqlJobs::add(delivery::NewJob job) {
  co_await database_.write([&job](Transaction& transaction) {
    add_job(transaction, job);
    return true;
  });
}

Task<std::vector<delivery::Job>> SqlJobs::take(std::vector<std::string> kinds, std::int64_t most,
                                               std::chrono::seconds lease) {
  // Mostly there is nothing to do, and finding that out writes nothing.
  const auto waiting =
      co_await database_.read_or_throw([&kinds, now = database_.clock().now()](Connection& db) {
        return due_jobs(db, kinds, 1, now).size();
      });
  if (waiting == 0) co_return std::vector<delivery::Job>{};
  co_return co_await database_.write([&kinds, most, lease](Transaction& transaction) {
    const Timestamp now = transaction.clock().now();
    auto jobs = due_jobs(transaction.db(), kinds, most, now);
    for (const delivery::Job& job : jobs)
      transaction.db().run("UPDATE jobs SET due = ?2, attempt = ?3, taken = 1 WHERE id = ?1",
                           job.id, now + lease, job.attempt);
    return jobs;
  });
}

Task<void> SqlJobs::done(delivery::JobId job) {
  co_await database_.write([job](Transaction& transaction) {
    transaction.db().run("DELETE FROM jobs WHERE id = ?1", job);
    return true;
  });
}

Task<void> SqlJobs::failed(delivery::JobId job, std::optional<Timestamp> retry_at,
                           std::string why) {
  co_await database_.write([job, retry_at, &why](Transaction& transaction) {
    transaction.db().run(
        "UPDATE jobs SET due = coalesce(?2, due), dead = CASE WHEN ?2 IS NULL THEN 1 ELSE 0 END, "
        "taken = 0, why = ?3,"
        " payload = CASE WHEN ?2 IS NULL THEN '' ELSE payload END WHERE id = ?1",
        job, retry_at, why);
    // It was replaced while it was being done.
    transaction.db().run(
        "DELETE FROM jobs WHERE id = ?1 AND dead = 0 AND EXISTS (SELECT 1 FROM jobs AS next"
        " WHERE next.kind = jobs.kind AND next.key = jobs.key AND next.id > jobs.id)",
        job);
    transaction.db().run(
        "DELETE FROM jobs WHERE dead = 1 AND id <= (SELECT id FROM jobs WHERE dead = 1"
        " ORDER BY id DESC LIMIT 1 OFFSET ?1)",
        kDeadKept);
    return true;
  });
}

Task<delivery::Jobs::Counts> SqlJobs::counts() {
  co_return co_await database_.read_or_throw([](Connection& db) {
    auto row = db.query(
        "SELECT count(*) - coalesce(CAST(sum(dead) AS BIGINT), 0), coalesce(CAST(sum(dead) AS "
        "BIGINT), 0) FROM jobs");
    row.next();
    return Counts{.waiting = row.integer(0), .dead = row.integer(1)};
  });
}

}  // namespace parley::storage
