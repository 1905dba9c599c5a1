#pragma once

#include "app/settings.h"
#include "app/storage.h"
#include "delivery/http_client.h"
#include "delivery/rate_limiter.h"
#include "delivery/router.h"
#include "gateway/operations.h"
#include "user/accounts.h"
#include "user/admin.h"
#include "user/avatars.h"
#include "user/contacts.h"
#include "user/emails.h"
#include "user/exports.h"
#include "user/invites.h"
#include "user/notices.h"
#include "user/passkeys.h"
#include "user/password.h"
#include "user/password_guard.h"
#include "user/phones.h"
#include "user/providers.h"
#include "user/reports.h"
#include "user/second_factor.h"
#include "user/service.h"
#include "user/sessions.h"

namespace parley::app {

// The user part, wired.
struct UserPart {
  UserPart(const NodeSettings& settings, Storage& storage, delivery::RateLimiter& limiter,
           delivery::Router& router, delivery::HttpClient& http);

  void put_into(gateway::Api& api);
  // Finishes what its threads have to do.
  void stop();

  user::Passwords passwords;
  user::OneTimeCodes codes;
  user::Notices notices;
  user::PasswordGuard guard;
  user::Sessions sessions;
  user::Emails emails;
  user::Accounts accounts;
  user::SecondFactor second_factor;
  user::Phones phones;
  user::Passkeys passkeys;
  user::Providers providers;
  user::Avatars avatars;
  user::Exports exports;
  user::Contacts contacts;
  user::Service service;
  user::Admin admin;
  user::Reports reports;
  user::Invites invites;
};

}  // namespace parley::app
