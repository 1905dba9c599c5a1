#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/trace.h"
#include "delivery/jobs.h"
#include "model/session.h"
#include "user/secret_store.h"

namespace parley::user {

// Something that happened to an account, and from where.
struct Notice {
  SecurityEventKind kind = SecurityEventKind::new_device;
  std::string address;
  std::string user_agent;
};

// Tidings is what is told of a change of an account. The store that makes the change keeps it in
// the same transaction: nobody is told of what was refused, and what was changed is told although
// the server dies right after it.
//
// What a store takes by a pointer is its caller's until it answers; null tells nobody.
struct Tidings {
  Trace trace{};                   // of the request, for other systems (docs/events.md)
  std::optional<Notice> notice{};  // for the user to look up, and mailed to a verified address
  std::optional<Secret> link{};    // what one of the letters proves later, for the user
  std::vector<delivery::NewJob> letters{};  // mails and text messages (user/letters.h)

  std::optional<SecurityEvent> kept{};  // the store's answer: the notice, if it was kept
};

}  // namespace parley::user
