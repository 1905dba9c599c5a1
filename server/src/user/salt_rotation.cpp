#include "user/salt_rotation.h"

#include <exception>

#include <boost/asio/redirect_error.hpp>

#include "base/log.h"

namespace parley::user {

Task<void> SaltRotation::run() {
  while (!stopping_) {
    try {
      while (!stopping_ && co_await contacts_.rotate_phone_salt()) {
      }
    } catch (const std::exception& failure) {
      log::warning("the salt of contact sync was not rotated", {{"why", failure.what()}});
    }
    if (stopping_) break;
    timer_.expires_after(look_every_);
    boost::system::error_code woken;
    co_await timer_.async_wait(boost::asio::redirect_error(use_task, woken));
  }
}

void SaltRotation::stop() {
  stopping_ = true;
  timer_.cancel();
}

}  // namespace parley::user
