#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "delivery/jobs.h"
#include "model/error.h"

namespace parley::delivery {

// Jobs in memory, and unavailable when a test says so.
class MemoryJobs final : public Jobs {
 public:
  explicit MemoryJobs(const Clock& clock, std::uint64_t first_id = 1)
      : clock_(clock), next_id_(first_id) {}

  void fail(bool fails) {
    const std::lock_guard lock{mutex_};
    fails_ = fails;
  }
  // Makes done() lose what it is told, as a crash before it would.
  void forget_done(bool forgets) {
    const std::lock_guard lock{mutex_};
    forgets_done_ = forgets;
  }
  // What has been taken is nobody's.
  void end_leases() {
    const std::lock_guard lock{mutex_};
    for (Row& row : rows_)
      if (row.taken) row.due = clock_.now();
  }
  std::size_t waiting() const {
    const std::lock_guard lock{mutex_};
    return rows_.size();
  }

  Task<void> add(NewJob job) override {
    put(std::move(job));
    co_return;
  }
  Task<std::vector<Job>> take(std::vector<std::string> kinds, std::int64_t most,
                              std::chrono::seconds lease) override {
    co_return take_now(kinds, most, lease);
  }
  Task<void> done(JobId job) override {
    const std::lock_guard lock{mutex_};
    check();
    if (!forgets_done_) std::erase_if(rows_, [job](const Row& row) { return row.job.id == job; });
    co_return;
  }
  Task<void> failed(JobId job, std::optional<Timestamp> retry_at, std::string) override {
    const std::lock_guard lock{mutex_};
    check();
    const auto row = std::ranges::find(rows_, job, [](const Row& r) { return r.job.id; });
    if (row == rows_.end()) co_return;
    if (retry_at) {
      row->due = *retry_at;
      row->taken = false;
    } else {
      rows_.erase(row);
      ++dead_;
    }
    co_return;
  }
  Task<Counts> counts() override {
    const std::lock_guard lock{mutex_};
    check();
    co_return Counts{.waiting = std::ssize(rows_), .dead = dead_};
  }

 private:
  struct Row {
    Job job;
    Timestamp due;
    std::optional<std::string> key;
    bool taken = false;
  };

  void check() const {
    if (fails_) throw StorageUnavailable{"the disk is full"};
  }
  void put(NewJob job) {
    const std::lock_guard lock{mutex_};
    check();
    const Timestamp now = clock_.now();
    if (job.key) {
      std::erase_if(rows_, [&](const Row& row) {
        return row.job.kind == job.kind && row.key == job.key && (!row.taken || row.due <= now);
      });
    }
    rows_.push_back({.job = {.id = JobId{next_id_++},
                             .kind = std::move(job.kind),
                             .payload = std::move(job.payload),
                             .attempt = 0},
                     .due = std::max(job.due, now),
                     .key = std::move(job.key)});
  }
  std::vector<Job> take_now(const std::vector<std::string>& kinds, std::int64_t most,
                            std::chrono::seconds lease) {
    const std::lock_guard lock{mutex_};
    check();
    std::vector<Job> jobs;
    for (Row& row : rows_) {
      const bool wanted = std::ranges::find(kinds, row.job.kind) != kinds.end();
      if (!wanted || row.due > clock_.now() || std::ssize(jobs) == most) continue;
      row.taken = true;
      row.due = clock_.now() + lease;
      ++row.job.attempt;
      jobs.push_back(row.job);
    }
    return jobs;
  }

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Row> rows_;
  std::uint64_t next_id_;
  std::int64_t dead_ = 0;
  bool fails_ = false;
  bool forgets_done_ = false;
};

}  // namespace parley::delivery
