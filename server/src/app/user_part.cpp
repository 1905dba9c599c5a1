#include "app/user_part.h"

#include <algorithm>
#include <thread>

#include "app/kept_secret.h"

namespace parley::app {
namespace {

// Passwords are hashed beside the event loops, never on all cores at once.
unsigned hashing_threads() { return std::max(1U, std::thread::hardware_concurrency() / 2); }

}  // namespace

UserPart::UserPart(const NodeSettings& settings, Storage& storage, delivery::RateLimiter& limiter,
                   delivery::Router& router, delivery::HttpClient& http)
    : passwords(settings.bcrypt_cost, hashing_threads()),
      codes(settings.token_secret.empty() ? kept_secret(settings.data, "code.key")
                                          : "one-time codes " + settings.token_secret),
      notices(storage.sessions, router),
      guard(storage.users, passwords, limiter, notices),
      sessions(storage.sessions, storage.users, storage.tokens, notices, limiter, router,
               storage.clock, settings.lifetimes),
      emails(storage.secrets, storage.users, passwords, guard, sessions, notices, router,
             storage.clock, settings.public_url, settings.registration),
      accounts(storage.users, passwords, emails, settings.registration),
      second_factor(storage.factors, storage.users, guard, codes, limiter, notices, storage.clock),
      phones(storage.secrets, storage.users, accounts, second_factor, sessions, notices, router,
             codes, storage.clock),
      passkeys(storage.factors, storage.secrets, storage.users, sessions, notices, storage.clock,
               settings.public_url),
      providers(settings.providers, http, storage.secrets, storage.factors, storage.users, accounts,
                sessions, storage.clock, settings.public_url),
      avatars(storage.users, storage.contacts, router),
      exports(storage.personal_data),
      contacts(storage.contacts, limiter),
      service(storage.users, accounts, passwords, guard, second_factor, sessions, notices, router),
      admin(storage.admin, passwords, sessions, router),
      reports(storage.reports, contacts),
      invites(storage.invites, storage.clock) {}

void UserPart::put_into(gateway::Api& api) {
  api.users = &service;
  api.sessions = &sessions;
  api.phones = &phones;
  api.emails = &emails;
  api.second_factor = &second_factor;
  api.passkeys = &passkeys;
  api.providers = &providers;
  api.avatars = &avatars;
  api.exports = &exports;
  api.contacts = &contacts;
  api.admin = &admin;
  api.reports = &reports;
  api.invites = &invites;
}

void UserPart::stop() {
  passwords.stop();
  avatars.stop();
  exports.stop();
}

}  // namespace parley::app
