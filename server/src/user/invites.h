#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/clock.h"
#include "base/task.h"
#include "model/error.h"
#include "model/limit.h"
#include "model/moderation.h"
#include "model/session.h"
#include "user/invite_store.h"
#include "user/sessions.h"

namespace parley::user {

struct CreateInvite {
  std::optional<std::int64_t> uses{};        // 1 unless told
  std::optional<std::int64_t> expires_in{};  // seconds; a week unless told

  static constexpr std::array kLimits{Limit{"uses", Limit::Of::value, 1, 1000},
                                      Limit{"expiresIn", Limit::Of::value, 60, 365LL * 86'400}};
};
BOOST_DESCRIBE_STRUCT(CreateInvite, (), (uses, expires_in))

struct InviteCreated {
  InviteId id;
  std::string token;  // shown this once
  std::int64_t uses = 1;
  Timestamp expires_at;

  static constexpr bool first_time = true;  // REST answers 201
};
BOOST_DESCRIBE_STRUCT(InviteCreated, (), (id, token, uses, expires_at))

struct InviteList {
  std::vector<Invite> invites;  // newest first
};
BOOST_DESCRIBE_STRUCT(InviteList, (), (invites))

struct OneInvite {
  InviteId invite_id;
};
BOOST_DESCRIBE_STRUCT(OneInvite, (), (invite_id))

// Invites let people make an account where registration asks for one (FEATURES A39). Only a hash
// of a token is kept.
class Invites {
 public:
  Invites(InviteStore& store, const Clock& clock) : store_(store), clock_(clock) {}

  Task<Result<InviteCreated>> create(Caller caller, CreateInvite command);
  Task<Result<InviteList>> list(Caller caller, Nothing command);
  // Refuses with invite_not_found.
  Task<Result<Nothing>> remove(Caller caller, OneInvite command);

 private:
  InviteStore& store_;
  const Clock& clock_;
};

}  // namespace parley::user
