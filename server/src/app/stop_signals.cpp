#include "app/stop_signals.h"

#include <csignal>

namespace parley::app {

StopSignals::StopSignals() : signals_(loop_, SIGINT, SIGTERM) {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    signal_ = signal;
    source_.request_stop();
  });
  thread_ = std::thread{[this] { loop_.run(); }};
}

StopSignals::~StopSignals() {
  loop_.stop();
  thread_.join();
}

}  // namespace parley::app
