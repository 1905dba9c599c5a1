#pragma once

#include <optional>

#include "app/settings.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "processor/away_users.h"
#include "processor/housekeeper.h"

namespace parley::app {

// What is to be done beside answering, wired. A node that accepts messages looks after who is away;
// the rest is for nodes with the role.
class ProcessorPart {
 public:
  // `start` names this run of the node.
  ProcessorPart(const NodeSettings& settings, Storage& storage, std::uint64_t start,
                Metrics& metrics, Loop& loop);

  // Each works until stop(), on the loop they were given.
  Task<void> look_after_people() { return away_.run(); }
  Task<void> keep_house();
  void stop();

  chat::AwayWatch& away() { return away_; }

 private:
  processor::AwayUsers away_;
  std::optional<processor::Housekeeper> housekeeper_;
};

}  // namespace parley::app
