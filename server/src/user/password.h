#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/worker.h"
#include "model/error.h"

namespace parley::user {

// Whether a password may be chosen (FEATURES S9): at least 8 characters with
// upper case, lower case, a digit and a special character, at most the 72
// bytes that bcrypt looks at, and not easy to guess, least of all by those who
// know what is known `about_the_user`: names, e-mail address. Refuses with
// weak_password or password_too_long, naming `field`. Takes less than 1 ms.
Result<void> check_password(std::string_view password, std::string field = "password",
                            std::span<const std::string> about_the_user = {});

// Passwords keeps and compares passwords as bcrypt hashes ($2b$, FEATURES S8),
// on threads of its own: a hash at cost 12 takes about 0.24 s. Its queue is
// bounded, and beyond it callers are told "busy". Safe to call from any loop.
class Passwords {
 public:
  // `cost` is bcrypt's, 4..31.
  explicit Passwords(int cost, unsigned threads = 2, std::size_t longest_queue = 64);

  // Refuses with busy.
  Task<Result<std::string>> hash(std::string password);

  // Finishes what is queued; later calls are told busy.
  void stop() { pool_.stop(); }

  // Whether `password` belongs to `hash`. With an empty hash the answer is no,
  // after as long as any other answer takes, so that time does not tell whether
  // an account exists. Refuses with busy.
  Task<Result<bool>> matches(std::string password, std::string hash);

 private:
  const int cost_;
  const std::string nobodys_hash_;
  WorkerPool pool_;
};

}  // namespace parley::user
