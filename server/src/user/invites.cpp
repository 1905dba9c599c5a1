#include "user/invites.h"

#include <utility>

#include "user/token.h"

namespace parley::user {
namespace {

constexpr std::int64_t kWeek = 7LL * 86'400;

}  // namespace

Task<Result<InviteCreated>> Invites::create(Caller caller, CreateInvite command) {
  std::string token = new_refresh_token();
  const std::chrono::seconds lifetime{command.expires_in.value_or(kWeek)};
  auto invite = co_await store_.create(std::move(caller), {.hash = hash_of_token(token),
                                                           .uses = command.uses.value_or(1),
                                                           .expires_at = clock_.now() + lifetime});
  if (!invite) co_return std::unexpected(invite.error());
  co_return InviteCreated{.id = invite->id,
                          .token = std::move(token),
                          .uses = invite->uses,
                          .expires_at = invite->expires_at};
}

Task<Result<InviteList>> Invites::list(Caller caller, Nothing) {
  auto invites = co_await store_.list(std::move(caller));
  if (!invites) co_return std::unexpected(invites.error());
  co_return InviteList{.invites = std::move(*invites)};
}

Task<Result<Nothing>> Invites::remove(Caller caller, OneInvite command) {
  const auto removed = co_await store_.remove(std::move(caller), command.invite_id);
  if (!removed) co_return std::unexpected(removed.error());
  co_return Nothing{};
}

}  // namespace parley::user
