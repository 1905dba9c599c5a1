#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "user/signing_keys.h"

namespace parley::app {

// The keys that sign access tokens: read from `directory`/signing-keys, or made there, for this
// user alone, at the first start. The one key of an earlier release, in token.key, is taken over.
// Throws std::runtime_error when they cannot be read or kept.
user::SigningKeys kept_signing_keys(const std::filesystem::path& directory, Timestamp now);

// Replaces them at once: whoever reads finds the old ones or the new.
void keep_signing_keys(const std::filesystem::path& directory, const user::SigningKeys& keys);

// Looks at the file of the keys every second, and tells of new ones; so `parley keys rotate` needs
// no restart. A file that cannot be read is logged, and the keys stay as they are.
class SigningKeyWatch {
 public:
  SigningKeyWatch(Loop& loop, const std::filesystem::path& directory,
                  std::function<void(user::SigningKeys)> tell);

  // Tells of the keys as they are now, and from now on when they change.
  void start();
  void stop();

 private:
  // What tells one file from the next that is moved into its place.
  using Version = std::pair<std::uint64_t, std::int64_t>;

  Version version() const;
  void look();
  void wait();

  const std::filesystem::path file_;
  const std::function<void(user::SigningKeys)> tell_;
  Version seen_{};
  bool stopped_ = false;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    Loop::executor_type>
      timer_;
};

}  // namespace parley::app
