#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/build_senders.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "notification/devices.h"
#include "notification/digest_choice.h"
#include "notification/job_runner.h"
#include "notification/pushes.h"
#include "notification/service.h"

namespace parley::app {

// The notification part, wired: what the others leave as jobs goes out by the senders.
class NotificationPart {
 public:
  // Takes what there is to be sent from `jobs`: the store's, or what is in front of them.
  NotificationPart(Senders& senders, Storage& storage, delivery::Jobs& jobs,
                   const notification::UnsubscribeTokens& unsubscribe, Metrics& metrics,
                   Loop& loop);

  // Send until stop(), on the loop they were given: mails and text messages, and pushes, so that
  // neither waits for the other.
  Task<void> run() { return service_.run(); }
  Task<void> run_pushes() { return push_runner_.run(); }
  void stop();

  notification::Devices& devices() { return devices_; }
  notification::DigestChoice& digest_choice() { return digest_choice_; }

  // Each way out by its name, and whether it works at the moment. From any thread.
  std::vector<std::pair<std::string_view, std::string_view>> health() const;

 private:
  notification::Service service_;
  notification::Devices devices_;
  notification::DigestChoice digest_choice_;
  notification::Pushes pushes_;
  notification::JobRunner push_runner_;
};

}  // namespace parley::app
