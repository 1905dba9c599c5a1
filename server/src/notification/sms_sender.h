#pragma once

#include <string>

#include "base/task.h"
#include "notification/sending.h"

namespace parley::notification {

struct Sms {
  std::string to;  // E.164
  std::string text;
};

// SmsSender hands text messages to a provider. Safe to call from any loop, which it never blocks.
class SmsSender {
 public:
  virtual ~SmsSender() = default;

  virtual Task<Sending> send(Sms sms) = 0;
};

}  // namespace parley::notification
