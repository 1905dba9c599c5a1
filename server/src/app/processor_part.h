#pragma once

#include "app/storage.h"
#include "base/metrics.h"
#include "processor/away_users.h"

namespace parley::app {

// The processor part, wired: what is to be done beside answering.
class ProcessorPart {
 public:
  ProcessorPart(Storage& storage, Metrics& metrics, Loop& loop);

  // Looks after people who are away until stop(), on the loop it was given.
  Task<void> run() { return away_.run(); }
  void stop() { away_.stop(); }

  chat::AwayWatch& away() { return away_; }

 private:
  processor::AwayUsers away_;
};

}  // namespace parley::app
