#include "app/seed.h"

#include <algorithm>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

#include "app/storage.h"
#include "user/client_description.h"
#include "user/password.h"

namespace parley::app {
namespace {

constexpr std::string_view kPassword = "Parley-1234";
constexpr std::int64_t kAtOnce = 256;  // users made at the same time, to share commits

struct Seeded {
  std::string username;
  UserId id;
  std::string access_token;
  ChatId direct;
  ChatId group;
};

std::string shown(ChatId chat) { return chat ? std::to_string(chat.value()) : "-"; }

template <class T>
T must(Result<T> result) {
  if (!result) {
    throw std::runtime_error(fmt::format("Seeding failed: {} {}", info(result.error().code).text,
                                         result.error().detail));
  }
  return std::move(*result);
}

class Seeding {
 public:
  Seeding(Storage& storage, const NodeSettings& settings, const SeedOptions& options)
      : storage_(storage), settings_(settings), options_(options) {}

  Task<void> make_users(std::string hash) {
    while (next_ < options_.users) {
      Seeded& seeded = users_[static_cast<std::size_t>(next_)];
      seeded.username = fmt::format("user{}", next_++);
      auto profile = must(co_await storage_.users.create(
          {.username = seeded.username, .display_name = seeded.username, .password_hash = hash},
          nullptr));
      seeded.id = profile.id;
      const Timestamp now = storage_.clock.now();
      const auto session = must(co_await storage_.sessions.open(
          {.user_id = seeded.id,
           .refresh_hash = user::hash_of_token(user::new_refresh_token()),
           .address = "",
           .user_agent = "parley seed",
           .device = "parley seed",
           .platform = "",
           .fingerprint = user::fingerprint_of({"parley seed", ""}),
           .network = "",
           .expires_at = now + settings_.lifetimes.refresh},
          nullptr));
      seeded.access_token = storage_.tokens.issue({.user_id = seeded.id,
                                                   .session_id = session.id,
                                                   .expires_at = now + settings_.lifetimes.access});
    }
  }

  Task<void> pair_up() {
    while (next_pair_ + 1 < options_.users) {
      Seeded& one = users_[static_cast<std::size_t>(next_pair_)];
      Seeded& other = users_[static_cast<std::size_t>(next_pair_ + 1)];
      next_pair_ += 2;
      one.direct = other.direct =
          must(co_await storage_.engine.chats->open_direct(one.id, other.id)).chat.id;
    }
  }

  Task<void> make_group() {
    const auto size = static_cast<std::size_t>(std::min(options_.group, options_.users));
    if (size == 0) co_return;
    std::vector<UserId> members;
    for (std::size_t i = 0; i < size; ++i) members.push_back(users_[i].id);
    const auto change = must(co_await storage_.engine.chats->create_group(
        {.creator = members.front(), .name = "Seeded", .description = "", .members = members}));
    for (std::size_t i = 0; i < size; ++i) users_[i].group = change.entry.chat_id;
  }

  void write() const {
    std::ofstream out{options_.out};
    for (const Seeded& user : users_) {
      out << user.username << ' ' << user.id.value() << ' ' << user.access_token << ' '
          << shown(user.direct) << ' ' << shown(user.group) << '\n';
    }
    out.flush();
    if (!out) throw std::runtime_error("Cannot write " + options_.out.string());
  }

 private:
  Storage& storage_;
  const NodeSettings& settings_;
  const SeedOptions& options_;
  std::vector<Seeded> users_{static_cast<std::size_t>(options_.users)};
  std::int64_t next_ = 0;
  std::int64_t next_pair_ = 0;
};

// Runs tasks side by side until all have ended; throws the first failure.
void run_all(Loop& loop, std::vector<Task<void>> tasks) {
  loop.restart();
  std::exception_ptr failure;
  for (auto& task : tasks) {
    boost::asio::co_spawn(loop, std::move(task), [&failure](std::exception_ptr thrown) {
      if (thrown && !failure) failure = thrown;
    });
  }
  loop.run();
  if (failure) std::rethrow_exception(failure);
}

std::string hash_of(std::string_view password, int cost) {
  Loop loop{1};
  user::Passwords passwords{cost, 1};
  std::string hash;
  boost::asio::co_spawn(
      loop, passwords.hash(std::string{password}),
      [&hash](std::exception_ptr, Result<std::string> made) { hash = must(made); });
  loop.run();
  return hash;
}

}  // namespace

void seed(const NodeSettings& settings, const SeedOptions& options) {
  SteeredClock clock;
  Storage storage{settings, clock, nullptr};
  Seeding seeding{storage, settings, options};
  const std::string hash = hash_of(kPassword, settings.bcrypt_cost);

  std::vector<Task<void>> makers, pairers, group;
  for (std::int64_t i = 0; i < std::min(kAtOnce, options.users); ++i) {
    makers.push_back(seeding.make_users(hash));
    pairers.push_back(seeding.pair_up());
  }
  run_all(storage.loop, std::move(makers));
  run_all(storage.loop, std::move(pairers));
  group.push_back(seeding.make_group());
  run_all(storage.loop, std::move(group));
  seeding.write();
}

}  // namespace parley::app
