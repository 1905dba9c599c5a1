#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "delivery/rate_limiter.h"
#include "user/user_store.h"

namespace parley::user {

// A UserStore in memory, as small as can be: what it promises is settled by the suite that the
// real ones pass.
class FakeUserStore final : public UserStore {
 public:
  Task<Result<Profile>> create(NewUser user) override {
    for (const auto& [id, kept] : users) {
      if (kept.profile.username == user.username) co_return fail(Errc::username_taken);
      if (user.email && kept.profile.email == user.email) co_return fail(Errc::email_taken);
      if (user.phone_number && kept.profile.phone_number == user.phone_number)
        co_return fail(Errc::phone_taken);
    }
    Profile profile;
    profile.id = UserId{users.size() + 1};
    profile.username = user.username;
    profile.display_name = user.display_name;
    profile.email = user.email;
    profile.phone_number = user.phone_number;
    users[profile.id] = {profile, user.password_hash};
    co_return profile;
  }

  Task<std::optional<Credentials>> credentials(std::string name) override {
    for (const auto& [id, kept] : users) {
      const Profile& profile = kept.profile;
      if (profile.username == name || profile.email == name || profile.phone_number == name)
        co_return Credentials{id, kept.password_hash};
    }
    co_return std::nullopt;
  }

  Task<std::optional<Profile>> find(UserId user) override {
    const auto found = users.find(user);
    if (found == users.end()) co_return std::nullopt;
    co_return found->second.profile;
  }

  Task<std::optional<User>> find_by_name(std::string username) override {
    for (const auto& [id, kept] : users)
      if (kept.profile.username == username) co_return kept.profile;
    co_return std::nullopt;
  }

  Task<Result<Profile>> update(UserId user, ProfileChange change) override {
    const auto found = users.find(user);
    if (found == users.end()) co_return fail(Errc::user_not_found);
    Profile& profile = found->second.profile;
    profile.display_name = change.display_name.value_or(profile.display_name);
    profile.about = change.about.value_or(profile.about);
    co_return profile;
  }

  Task<SessionId> open_session(NewSession session) override {
    const SessionId id{100 + sessions.size()};
    sessions[id] = session;
    co_return id;
  }

  Task<Result<Rotation>> rotate_session(std::string hash, std::string next,
                                        Timestamp expires_at) override {
    for (auto& [id, session] : sessions) {
      const KeptSession kept{id, session.user_id, session.browser};
      if (ended.contains(id)) continue;
      if (session.refresh_hash == hash) {
        used.insert({std::move(hash), id});
        session.refresh_hash = std::move(next);
        session.expires_at = expires_at;
        co_return Rotation{kept, false};
      }
      if (const auto old = used.find(hash); old != used.end() && old->second == id) {
        ended.insert(id);
        co_return Rotation{kept, true};
      }
    }
    co_return fail(Errc::invalid_refresh_token);
  }

  Task<void> end_session(SessionId session) override {
    ended.insert(session);
    co_return;
  }

  Task<std::vector<SessionId>> ended_sessions(Timestamp) override {
    co_return std::vector<SessionId>{ended.begin(), ended.end()};
  }

  struct Kept {
    Profile profile;
    std::string password_hash;
  };
  std::map<UserId, Kept> users;
  std::map<SessionId, NewSession> sessions;
  std::map<std::string, SessionId> used;
  std::set<SessionId> ended;
};

// Counts what was taken, and refuses beyond the burst for ever.
class FakeRateLimiter final : public delivery::RateLimiter {
 public:
  std::chrono::seconds take(const delivery::RatePolicy& policy, std::string_view key) override {
    const auto wait = check(policy, key);
    if (wait.count() == 0) ++taken[{std::string{policy.name}, std::string{key}}];
    return wait;
  }

  std::chrono::seconds check(const delivery::RatePolicy& policy, std::string_view key) override {
    const auto found = taken.find({std::string{policy.name}, std::string{key}});
    if (found == taken.end() || found->second < policy.burst) return {};
    return policy.period;
  }

  std::map<std::pair<std::string, std::string>, std::uint32_t> taken;
};

}  // namespace parley::user
