#pragma once

#include <string>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "base/await_for_test.h"
#include "delivery/router.h"
#include "user/emails.h"
#include "user/fakes_for_test.h"
#include "user/passkeys.h"
#include "user/phones.h"
#include "user/second_factor.h"
#include "user/service.h"

namespace parley::user {

inline constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
inline const std::string kPassword = "Correct-horse-7";

// The services of this part, on stores in memory.
class UserServiceTest : public testing::Test {
 protected:
  static Caller stranger(std::string address = "192.0.2.1") {
    Caller caller;
    caller.address = std::move(address);
    return caller;
  }
  static Register as(std::string name, std::string password = kPassword) {
    Register command;
    command.username = std::move(name);
    command.password = std::move(password);
    return command;
  }
  static Register reachable(std::optional<std::string> email,
                            std::optional<std::string> phone_number = {}) {
    Register command = as("alice");
    command.email = std::move(email);
    command.phone_number = std::move(phone_number);
    return command;
  }

  Result<SignedIn> sign_up(Register command, Caller caller = stranger()) {
    return await(loop, users.register_user(std::move(caller), std::move(command)));
  }
  SignedIn sign_up(const std::string& name) { return sign_up(as(name)).value(); }
  Result<SignedIn> sign_in(std::string name, std::string password = kPassword,
                           std::string address = "192.0.2.1") {
    return await(loop,
                 users.sign_in(stranger(std::move(address)),
                               {.username = std::move(name), .password = std::move(password)}));
  }
  Result<Refreshed> refresh(std::optional<std::string> token) {
    return await(loop, sessions.refresh(stranger(), {std::move(token)}));
  }
  Caller caller_of(const std::string& token) {
    const Access access = tokens.check(token).value();
    Caller caller = stranger();
    caller.user_id = access.user_id;
    caller.session_id = access.session_id;
    return caller;
  }
  // What was last left to be sent: a member of its values.
  std::string last_sent(std::string_view value) {
    const auto payload = boost::json::parse(mailbox.letters.back().payload);
    return std::string{payload.at("values").at(value).as_string()};
  }
  // The token at the end of the last link that was mailed.
  std::string last_link() {
    const std::string link = last_sent("link");
    return link.substr(link.find('#') + 1);
  }
  template <class T>
  static Errc refusal(const Result<T>& result) {
    return result ? Errc::internal : result.error().code;
  }
  template <class T>
  static std::string refused_field(const Result<T>& result) {
    return result || result.error().fields.empty() ? "" : result.error().fields[0].field;
  }

  Loop loop{1};
  ManualClock clock{kNow};
  FakeMailbox mailbox;
  FakeUserStore store{mailbox};
  FakeRateLimiter limiter;
  delivery::Router router;
  delivery::Hub& hub = router.make_hub(loop);
  Passwords passwords{4};
  AccessTokens tokens{SigningKeys::configured("a secret of at least thirty-two bytes"), clock};
  OneTimeCodes codes{"a key of at least thirty-two bytes, too"};
  FakeSessionStore session_store{mailbox};
  FakeSecretStore secrets{mailbox, clock};
  FakeFactorStore factors{mailbox};
  Notices notices{session_store, router};
  PasswordGuard guard{store, passwords, limiter, notices};
  Sessions sessions{session_store, store, tokens, notices, limiter, router, clock, Lifetimes{}};
  Emails emails{secrets, store,    passwords,
                guard,   sessions, notices,
                router,  clock,    "https://chat.example.org"};
  Accounts accounts{store, passwords, emails, RegistrationRules{}};
  SecondFactor second_factor{factors, store, guard, codes, limiter, notices, clock};
  Phones phones{secrets, store, accounts, second_factor, sessions, notices, router, codes, clock};
  Passkeys passkeys{factors, secrets, store, sessions, notices, clock, "https://chat.example.org"};
  Service users{store, accounts, passwords, guard, second_factor, sessions, notices, router};
};

}  // namespace parley::user
