#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "delivery/rate_limiter.h"
#include "user/factor_store.h"
#include "user/letters.h"
#include "user/secret_store.h"
#include "user/session_store.h"
#include "user/user_store.h"

namespace parley::user {

// The ports in memory, as small as can be: what they promise is settled by the suites that the
// real ones pass.

// What they have in common, so that each can keep the tidings of its changes.
struct FakeMailbox {
  struct KeptUser {
    Profile profile;
    std::string password_hash;
    std::optional<std::string> avatar{};
  };
  struct Told {
    UserId user;
    Notice notice;
  };

  void keep(UserId user, Tidings* tidings) {
    if (!tidings) return;
    if (tidings->notice) {
      told.push_back({user, *tidings->notice});
      tidings->kept = SecurityEvent{.id = SecurityEventId{told.size()},
                                    .kind = tidings->notice->kind,
                                    .at = {},
                                    .address = tidings->notice->address,
                                    .user_agent = tidings->notice->user_agent};
      if (const auto owner = users.find(user);
          owner != users.end() && owner->second.profile.email_verified)
        letters.push_back(notice_mail(owner->second.profile, *tidings->kept));
    }
    if (tidings->link) {
      Secret link = *tidings->link;
      link.user_id = user;
      secrets[link.hash] = link;
    }
    letters.insert(letters.end(), tidings->letters.begin(), tidings->letters.end());
  }

  // The kinds of what `user` was told.
  std::vector<SecurityEventKind> told_to(UserId user) const {
    std::vector<SecurityEventKind> kinds;
    for (const Told& one : told) {
      if (one.user == user) kinds.push_back(one.notice.kind);
    }
    return kinds;
  }

  std::map<UserId, KeptUser> users;
  std::map<std::string, Secret> secrets;
  std::vector<Told> told;
  std::vector<delivery::NewJob> letters;
};

class FakeUserStore final : public UserStore {
 public:
  explicit FakeUserStore(FakeMailbox& mailbox) : users(mailbox.users), mailbox_(mailbox) {}

  Task<Result<Profile>> create(NewUser user, Tidings* tidings) override {
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
    profile.email_verified = user.email_verified;
    profile.phone_number = user.phone_number;
    profile.phone_verified = user.phone_verified;
    profile.language = user.language;
    profile.has_password = !user.password_hash.empty();
    users[profile.id] = {profile, user.password_hash};
    mailbox_.keep(profile.id, tidings);
    co_return profile;
  }

  Task<std::optional<Credentials>> credentials(std::string name) override {
    co_return find_if([&](const Profile& profile) {
      return profile.username == name || profile.email == name || profile.phone_number == name;
    });
  }
  Task<std::optional<Credentials>> credentials_of(UserId user) override {
    co_return find_if([&](const Profile& profile) { return profile.id == user; });
  }
  Task<std::optional<Credentials>> owner_of_email(std::string email) override {
    co_return find_if(
        [&](const Profile& profile) { return profile.email == email && profile.email_verified; });
  }
  Task<std::optional<Credentials>> owner_of_phone(std::string number) override {
    co_return find_if([&](const Profile& profile) {
      return profile.phone_number == number && profile.phone_verified;
    });
  }

  Task<std::optional<Profile>> find(UserId user) override {
    const auto found = users.find(user);
    if (found == users.end()) co_return std::nullopt;
    co_return found->second.profile;
  }

  Task<std::optional<User>> find_by_name(UserId, std::string username) override {
    for (const auto& [id, kept] : users)
      if (kept.profile.username == username) co_return kept.profile;
    co_return std::nullopt;
  }

  Task<Result<Profile>> update(UserId user, ProfileChange change, Tidings*) override {
    const auto found = users.find(user);
    if (found == users.end()) co_return fail(Errc::user_not_found);
    Profile& profile = found->second.profile;
    profile.display_name = change.display_name.value_or(profile.display_name);
    profile.about = change.about.value_or(profile.about);
    co_return profile;
  }

  Task<void> set_password(UserId user, std::string password_hash, Tidings* tidings) override {
    users.at(user).password_hash = std::move(password_hash);
    users.at(user).profile.has_password = true;
    mailbox_.keep(user, tidings);
    co_return;
  }
  Task<Result<Profile>> set_email(UserId user, std::string email, Tidings* tidings) override {
    mailbox_.keep(user, tidings);
    Profile& profile = users.at(user).profile;
    profile.email = std::move(email);
    profile.email_verified = false;
    co_return profile;
  }
  Task<bool> verify_email(UserId user, std::string email) override {
    const auto found = users.find(user);
    if (found == users.end() || found->second.profile.email != email) co_return false;
    found->second.profile.email_verified = true;
    co_return true;
  }
  Task<Result<Profile>> set_phone(UserId user, std::string phone_number,
                                  Tidings* tidings) override {
    mailbox_.keep(user, tidings);
    Profile& profile = users.at(user).profile;
    profile.phone_number = std::move(phone_number);
    profile.phone_verified = true;
    co_return profile;
  }
  Task<Result<Profile>> set_avatar(UserId user, std::optional<std::string> bytes,
                                   Tidings*) override {
    users.at(user).avatar = std::move(bytes);
    co_return users.at(user).profile;
  }
  Task<Result<RemovedAccount>> remove(UserId user, Tidings*) override {
    if (users.erase(user) == 0) co_return fail(Errc::user_not_found);
    co_return RemovedAccount{};
  }
  Task<std::optional<Avatar>> avatar(UserId user) override {
    if (!users.contains(user) || !users.at(user).avatar) co_return std::nullopt;
    co_return Avatar{.id = MediaId{1}, .bytes = *users.at(user).avatar};
  }

  std::map<UserId, FakeMailbox::KeptUser>& users;
  std::set<UserId> with_second_factor;

 private:
  template <class Wanted>
  std::optional<Credentials> find_if(Wanted wanted) const {
    for (const auto& [id, kept] : users) {
      if (wanted(kept.profile))
        return Credentials{.user_id = id,
                           .password_hash = kept.password_hash,
                           .second_factor = with_second_factor.contains(id)};
    }
    return std::nullopt;
  }

  FakeMailbox& mailbox_;
};

class FakeSessionStore final : public SessionStore {
 public:
  explicit FakeSessionStore(FakeMailbox& mailbox) : mailbox_(mailbox) {}

  Task<Result<OpenedSession>> open(NewSession session, Tidings* tidings) override {
    if (suspended.contains(session.user_id)) co_return fail(Errc::account_suspended);
    OpenedSession opened{.id = SessionId{100 + sessions.size()}};
    const auto& [known, first] = known_devices.try_emplace(session.user_id);
    opened.new_device = !first && !known->second.contains(session.fingerprint);
    opened.new_network = !first && !known->second.contains(session.network);
    known->second.insert({session.fingerprint, session.network});
    if (opened.new_device) mailbox_.keep(session.user_id, tidings);
    sessions[opened.id] = std::move(session);
    co_return opened;
  }

  Task<Result<Rotation>> rotate(std::string hash, std::string next, Timestamp expires_at,
                                std::string, Tidings* tidings) override {
    for (auto& [id, session] : sessions) {
      const KeptSession kept{id, session.user_id, Role::user, session.browser};
      if (ended_ids.contains(id)) continue;
      if (session.refresh_hash == hash) {
        used.insert({std::move(hash), id});
        session.refresh_hash = std::move(next);
        session.expires_at = expires_at;
        co_return Rotation{kept, false};
      }
      if (const auto old = used.find(hash); old != used.end() && old->second == id) {
        ended_ids.insert(id);
        mailbox_.keep(session.user_id, tidings);
        co_return Rotation{kept, true};
      }
    }
    co_return fail(Errc::invalid_refresh_token);
  }

  Task<Result<void>> end(UserId user, SessionId session) override {
    const auto found = sessions.find(session);
    if (found == sessions.end() || found->second.user_id != user ||
        !ended_ids.insert(session).second)
      co_return fail(Errc::session_not_found);
    co_return Result<void>{};
  }

  Task<std::vector<SessionId>> end_all(UserId user, SessionId except, Tidings* tidings) override {
    mailbox_.keep(user, tidings);
    std::vector<SessionId> all;
    for (const auto& [id, session] : sessions) {
      if (session.user_id == user && id != except && ended_ids.insert(id).second) all.push_back(id);
    }
    co_return all;
  }

  Task<std::vector<SessionInfo>> list(UserId user) override {
    std::vector<SessionInfo> infos;
    for (const auto& [id, session] : sessions) {
      if (session.user_id != user || ended_ids.contains(id)) continue;
      SessionInfo info;
      info.id = id;
      info.device = session.device;
      infos.push_back(std::move(info));
    }
    co_return infos;
  }

  Task<std::vector<SessionId>> ended(Timestamp) override {
    co_return std::vector<SessionId>{ended_ids.begin(), ended_ids.end()};
  }

  Task<void> tell(UserId user, Tidings* tidings) override {
    mailbox_.keep(user, tidings);
    co_return;
  }
  Task<Result<SecurityEventPage>> events(UserId, std::optional<std::string>,
                                         std::int64_t) override {
    co_return SecurityEventPage{};
  }

  std::map<SessionId, NewSession> sessions;
  std::map<std::string, SessionId> used;
  std::set<SessionId> ended_ids;
  std::set<UserId> suspended;
  std::map<UserId, std::set<std::string>> known_devices;

 private:
  FakeMailbox& mailbox_;
};

class FakeSecretStore final : public SecretStore {
 public:
  FakeSecretStore(FakeMailbox& mailbox, const Clock& clock)
      : secrets(mailbox.secrets), mailbox_(mailbox), clock_(clock) {}

  Task<Result<SentCode>> keep_code(NewCode code, Tidings* tidings) override {
    const Timestamp now = clock_.now();
    mailbox_.keep(UserId{}, tidings);
    codes[code.phone_number] = {code.hash, kTries, now + kCodeLifetime};
    co_return SentCode{.expires_at = now + kCodeLifetime, .resend_at = now + kFirstWait};
  }
  Task<Result<void>> check_code(std::string number, std::string hash, bool use) override {
    const auto found = codes.find(number);
    if (found == codes.end() || found->second.tries == 0 ||
        found->second.expires_at <= clock_.now())
      co_return fail(Errc::invalid_code);
    if (found->second.hash != hash) {
      --found->second.tries;
      co_return fail(Errc::invalid_code);
    }
    if (use) codes.erase(found);
    co_return Result<void>{};
  }
  Task<void> keep(Secret secret, Tidings* tidings) override {
    secrets[secret.hash] = secret;
    mailbox_.keep(secret.user_id, tidings);
    co_return;
  }
  Task<std::optional<Secret>> take(std::string hash, Purpose purpose) override {
    auto secret = co_await look(hash, purpose);
    if (secret) secrets.erase(hash);
    co_return secret;
  }
  Task<std::optional<Secret>> look(std::string hash, Purpose purpose) override {
    const auto found = secrets.find(hash);
    if (found == secrets.end() || found->second.purpose != purpose ||
        found->second.expires_at <= clock_.now())
      co_return std::nullopt;
    co_return found->second;
  }

  struct Code {
    std::string hash;
    int tries = 0;
    Timestamp expires_at;
  };
  std::map<std::string, Code> codes;
  std::map<std::string, Secret>& secrets;

 private:
  FakeMailbox& mailbox_;
  const Clock& clock_;
};

class FakeFactorStore final : public FactorStore {
 public:
  explicit FakeFactorStore(FakeMailbox& mailbox) : mailbox_(mailbox) {}

  Task<std::optional<Totp>> totp(UserId user) override {
    const auto found = totps.find(user);
    if (found == totps.end()) co_return std::nullopt;
    co_return found->second;
  }
  Task<bool> begin_totp(UserId user, std::string secret) override {
    if (totps.contains(user) && totps.at(user).step) co_return false;
    totps[user] = {std::move(secret), {}};
    co_return true;
  }
  Task<bool> confirm_totp(UserId user, std::int64_t step, std::vector<std::string> recovery_hashes,
                          Tidings* tidings) override {
    if (!totps.contains(user) || step <= totps.at(user).step) co_return false;
    totps.at(user).step = step;
    recovery[user] = {recovery_hashes.begin(), recovery_hashes.end()};
    mailbox_.keep(user, tidings);
    co_return true;
  }
  Task<bool> use_totp_step(UserId user, std::int64_t step) override {
    if (step <= totps.at(user).step) co_return false;
    totps.at(user).step = step;
    co_return true;
  }
  Task<bool> use_recovery_code(UserId user, std::string hash) override {
    co_return recovery[user].erase(hash) == 1;
  }
  Task<void> remove_totp(UserId user, Tidings* tidings) override {
    mailbox_.keep(user, tidings);
    totps.erase(user);
    recovery.erase(user);
    co_return;
  }

  Task<Result<Passkey>> add_passkey(NewPasskey passkey, Tidings* tidings) override {
    mailbox_.keep(passkey.user_id, tidings);
    const PasskeyId id{kept.size() + 1};
    Passkey added;
    added.id = id;
    added.name = passkey.name;
    kept[id] = std::move(passkey);
    co_return added;
  }
  Task<std::vector<Passkey>> passkeys(UserId user) override {
    std::vector<Passkey> found;
    for (const auto& [id, passkey] : kept) {
      if (passkey.user_id != user) continue;
      Passkey& one = found.emplace_back();
      one.id = id;
      one.name = passkey.name;
    }
    co_return found;
  }
  Task<std::vector<std::string>> credential_ids(UserId user) override {
    std::vector<std::string> ids;
    for (const auto& [id, passkey] : kept)
      if (passkey.user_id == user) ids.push_back(passkey.credential_id);
    co_return ids;
  }
  Task<Result<void>> remove_passkey(UserId user, PasskeyId passkey, Tidings* tidings) override {
    const auto found = kept.find(passkey);
    if (found == kept.end() || found->second.user_id != user)
      co_return fail(Errc::passkey_not_found);
    kept.erase(found);
    mailbox_.keep(user, tidings);
    co_return Result<void>{};
  }
  Task<std::optional<KeptPasskey>> find_passkey(std::string credential_id) override {
    for (const auto& [id, passkey] : kept) {
      if (passkey.credential_id == credential_id)
        co_return KeptPasskey{id, passkey.user_id, passkey.public_key, passkey.sign_count};
    }
    co_return std::nullopt;
  }
  Task<void> passkey_used(PasskeyId passkey, std::uint32_t sign_count) override {
    kept.at(passkey).sign_count = sign_count;
    co_return;
  }
  Task<std::optional<UserId>> find_identity(std::string issuer, std::string subject) override {
    const auto found = identities.find({issuer, subject});
    if (found == identities.end()) co_return std::nullopt;
    co_return found->second;
  }
  Task<Result<void>> add_identity(std::string issuer, std::string subject, UserId user) override {
    identities[{issuer, subject}] = user;
    co_return Result<void>{};
  }

  std::map<UserId, Totp> totps;
  std::map<UserId, std::set<std::string>> recovery;
  std::map<PasskeyId, NewPasskey> kept;
  std::map<std::pair<std::string, std::string>, UserId> identities;

 private:
  FakeMailbox& mailbox_;
};

// Counts what was taken, and refuses beyond the burst for ever.
class FakeRateLimiter final : public delivery::RateLimiter {
 public:
  Task<std::chrono::seconds> take(const delivery::RatePolicy& policy,
                                  std::string_view key) override {
    const auto wait = co_await check(policy, key);
    if (wait.count() == 0) ++taken[{std::string{policy.name}, std::string{key}}];
    co_return wait;
  }

  Task<std::chrono::seconds> check(const delivery::RatePolicy& policy,
                                   std::string_view key) override {
    const auto found = taken.find({std::string{policy.name}, std::string{key}});
    if (found == taken.end() || found->second < policy.burst) co_return std::chrono::seconds{};
    co_return policy.period;
  }

  std::map<std::pair<std::string, std::string>, std::uint32_t> taken;
};

}  // namespace parley::user
