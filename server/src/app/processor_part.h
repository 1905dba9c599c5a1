#pragma once

#include <optional>
#include <string>

#include "app/backup_part.h"
#include "app/settings.h"
#include "app/storage.h"
#include "base/metrics.h"
#include "delivery/router.h"
#include "notification/unsubscribe_tokens.h"
#include "processor/away_users.h"
#include "processor/digests.h"
#include "processor/housekeeper.h"

namespace parley::app {

// What is to be done beside answering, wired. A node that accepts messages looks after who is away;
// the rest is for nodes with the role.
class ProcessorPart {
 public:
  // What it needs of the rest of the node.
  struct Ties {
    const delivery::Router& router;
    const notification::UnsubscribeTokens& unsubscribe;
  };

  // `start` names this run of the node.
  ProcessorPart(const NodeSettings& settings, Storage& storage, std::uint64_t start, Ties ties,
                Metrics& metrics, Loop& loop);

  // Each works until stop(), on the loop they were given.
  Task<void> look_after_people() { return away_.run(); }
  Task<void> keep_house();
  Task<void> mail_digests();
  Task<void> make_backups();
  void stop();

  // What /ready says of backups; nothing when none are to be made.
  std::optional<std::string> backup_health() const;

  chat::AwayWatch& away() { return away_; }

 private:
  processor::AwayUsers away_;
  std::optional<processor::Housekeeper> housekeeper_;
  std::optional<processor::Digests> digests_;
  std::optional<BackupPart> backups_;
};

}  // namespace parley::app
