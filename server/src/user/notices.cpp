#include "user/notices.h"

#include <utility>

namespace parley::user {

Tidings Notices::tidings_of(SecurityEventKind kind, const Caller& caller) {
  return {
      .trace = caller.trace,
      .notice = Notice{.kind = kind, .address = caller.address, .user_agent = caller.user_agent},
      .link = {},
      .letters = {},
      .kept = {}};
}

void Notices::announce(UserId user, Tidings tidings, const Caller& caller) {
  if (tidings.kept) router_.deliver(std::move(*tidings.kept), {user}, caller.connection);
}

Task<void> Notices::tell(UserId user, SecurityEventKind kind, const Caller& caller) {
  Tidings tidings = tidings_of(kind, caller);
  co_await sessions_.tell(user, &tidings);
  announce(user, std::move(tidings), caller);
}

}  // namespace parley::user
