#pragma once

#include <array>
#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "base/task.h"
#include "delivery/router.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/moderation.h"
#include "model/session.h"
#include "user/admin_store.h"
#include "user/password.h"
#include "user/sessions.h"

namespace parley::user {

struct ListAccounts {
  std::optional<std::string> q{};  // part of a username or name; a whole address, number or id
  std::optional<Role> role{};
  std::optional<bool> suspended{};
  std::optional<std::int64_t> limit{};
  std::optional<std::string> cursor{};

  static constexpr std::array kLimits{Limit{"q", Limit::Of::bytes, 1, 254},
                                      Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListAccounts, (), (q, role, suspended, limit, cursor))

struct OneAccount {
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OneAccount, (), (user_id))

struct CreateAccount {
  std::string username;
  std::optional<std::string> password{};  // without one: signs in by other means
  std::optional<std::string> display_name{};
  std::optional<std::string> email{};
  std::optional<std::string> phone_number{};
  std::optional<Role> role{};

  static constexpr std::array kLimits{Limit{"username", Limit::Of::characters, 3, 32},
                                      Limit{"displayName", Limit::Of::characters, 1, 64},
                                      Limit{"email", Limit::Of::bytes, 3, 254}};
};
BOOST_DESCRIBE_STRUCT(CreateAccount, (),
                      (username, password, display_name, email, phone_number, role))

struct CreatedAccount : AccountInfo {
  static constexpr bool first_time = true;  // REST answers 201
};
BOOST_DESCRIBE_STRUCT(CreatedAccount, (AccountInfo), ())

struct Suspend {
  UserId user_id;
  std::string reason;  // for the moderators; the user is not told

  static constexpr std::array kLimits{Limit{"reason", Limit::Of::characters, 1, 500}};
};
BOOST_DESCRIBE_STRUCT(Suspend, (), (user_id, reason))

struct ResetPasswordOf {
  UserId user_id;
  std::optional<std::string> password{};
};
BOOST_DESCRIBE_STRUCT(ResetPasswordOf, (), (user_id, password))

struct GivenPassword {
  std::optional<std::string> password{};  // when it was generated: it is shown this once
};
BOOST_DESCRIBE_STRUCT(GivenPassword, (), (password))

struct SetAccountRole {
  UserId user_id;
  Role role = Role::user;
};
BOOST_DESCRIBE_STRUCT(SetAccountRole, (), (user_id, role))

struct ListAudit {
  std::optional<UserId> actor_id{};
  std::optional<UserId> subject_id{};
  std::optional<std::string> action{};
  std::optional<std::int64_t> limit{};
  std::optional<std::string> cursor{};

  static constexpr std::array kLimits{Limit{"action", Limit::Of::bytes, 1, 64},
                                      Limit{"limit", Limit::Of::value, 1, 100}};
};
BOOST_DESCRIBE_STRUCT(ListAudit, (), (actor_id, subject_id, action, limit, cursor))

// What operators do with accounts (FEATURES S17): AdminStore says who may do what to whom. Whoever
// is suspended, deleted, given another password or another role is thrown out at once: their
// tokens are refused from then on, and their sockets close. Suspension and another role are mailed
// to them as well, without a word on who did it.
class Admin {
 public:
  Admin(AdminStore& store, Passwords& passwords, Sessions& sessions, delivery::Router& router)
      : store_(store), passwords_(passwords), sessions_(sessions), router_(router) {}

  Task<Result<AccountPage>> list(Caller caller, ListAccounts command);
  Task<Result<AccountInfo>> get(Caller caller, OneAccount command);

  // Refuses with validation_failed, username_taken, email_taken, phone_taken, weak_password,
  // password_too_long, busy.
  Task<Result<CreatedAccount>> create(Caller caller, CreateAccount command);

  Task<Result<Nothing>> suspend(Caller caller, Suspend command);
  Task<Result<Nothing>> unsuspend(Caller caller, OneAccount command);
  Task<Result<Nothing>> remove(Caller caller, OneAccount command);

  // Refuses with weak_password, password_too_long, busy. Without a password, makes one.
  Task<Result<GivenPassword>> reset_password(Caller caller, ResetPasswordOf command);

  Task<Result<Nothing>> set_role(Caller caller, SetAccountRole command);

  Task<Result<AuditPage>> audit(Caller caller, ListAudit command);

 private:
  Task<Result<std::string>> hash_of(std::string password);

  AdminStore& store_;
  Passwords& passwords_;
  Sessions& sessions_;
  delivery::Router& router_;
};

}  // namespace parley::user
