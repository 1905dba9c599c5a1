#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/task.h"

namespace parley::delivery {

struct JobKind;
using JobId = Id<JobKind>;

// Something to be done after the answer, by whoever knows its kind.
struct NewJob {
  std::string kind;                  // "mail"
  std::string payload;               // JSON; its shape belongs to the kind
  Timestamp due{};                   // not before; the default is at once
  std::optional<std::string> key{};  // replaces a waiting job of the same kind and key
};

struct Job {
  JobId id;
  std::string kind;
  std::string payload;
  std::int64_t attempt = 1;  // how often it has been taken, this time included
};

// Jobs keeps what is to be done until it has been done, at least once and across crashes.
//
// Every call is one transaction, and what it reports is on disk. Throws StorageUnavailable when
// nothing can be stored. Safe to call from any loop.
class Jobs {
 public:
  virtual ~Jobs() = default;

  virtual Task<void> add(NewJob job) = 0;

  // Up to `most` jobs of these kinds that are due, oldest first. They are the caller's for `lease`:
  // what is neither done nor failed by then is taken again, by anybody.
  virtual Task<std::vector<Job>> take(std::vector<std::string> kinds, std::int64_t most,
                                      std::chrono::seconds lease) = 0;

  virtual Task<void> done(JobId job) = 0;

  // It is tried again at `retry_at`; without one it is dead: it is remembered with the reason, and
  // its payload, which may hold a secret, is not.
  virtual Task<void> failed(JobId job, std::optional<Timestamp> retry_at, std::string why) = 0;

  struct Counts {
    std::int64_t waiting = 0;
    std::int64_t dead = 0;
  };
  virtual Task<Counts> counts() = 0;
};

}  // namespace parley::delivery
