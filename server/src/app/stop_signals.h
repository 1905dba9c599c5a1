#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include <boost/asio/signal_set.hpp>

#include "base/task.h"

namespace parley::app {

// StopSignals hears SIGINT and SIGTERM from its first moment to its last, on a thread of its own:
// whoever waits for something else on the main thread is told as well.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Asked to stop at the first of the signals; later ones mean the same.
  std::stop_token token() const { return source_.get_token(); }
  // Which one it was.
  int signal() const { return signal_; }

 private:
  Loop loop_{1};
  boost::asio::basic_signal_set<Loop::executor_type> signals_;
  std::stop_source source_;
  std::atomic<int> signal_{0};
  std::thread thread_;
};

}  // namespace parley::app
