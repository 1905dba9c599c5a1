#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/build_senders.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "notification/service.h"

namespace parley::app {

// The notification part, wired: what the others leave as jobs goes out by the senders.
class NotificationPart {
 public:
  NotificationPart(Senders& senders, Storage& storage, Metrics& metrics, Loop& loop);

  // Sends until stop(), on the loop it was given.
  Task<void> run() { return service_.run(); }
  void stop() { service_.stop(); }

  // Each way out by its name, and whether it works at the moment. From any thread.
  std::vector<std::pair<std::string_view, std::string_view>> health() const;

 private:
  notification::Service service_;
};

}  // namespace parley::app
