#pragma once

#include <chrono>

#include <boost/asio/steady_timer.hpp>

#include "base/task.h"
#include "user/contact_store.h"

namespace parley::user {

// SaltRotation gives contact sync a new salt every day, in small pieces that hold nobody up.
class SaltRotation {
 public:
  SaltRotation(ContactStore& contacts, Loop& loop,
               std::chrono::milliseconds look_every = std::chrono::minutes{1})
      : contacts_(contacts), look_every_(look_every), timer_(loop) {}

  // Looks what is due, until stop(); main owns it, on `loop`.
  Task<void> run();
  void stop();  // on `loop`

 private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Loop::executor_type>;

  ContactStore& contacts_;
  const std::chrono::milliseconds look_every_;
  Timer timer_;
  bool stopping_ = false;
};

}  // namespace parley::user
