#include "user/notices.h"

#include <boost/describe.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "user/client_description.h"
#include "user/letters.h"

namespace parley::user {
namespace {

std::string_view name_of(SecurityEventKind kind) {
  return boost::describe::enum_to_string(kind, "security_event");
}

}  // namespace

Task<void> Notices::tell(UserId user, SecurityEventKind kind, const Caller& caller) {
  SecurityEvent event = co_await sessions_.add_event(
      {.user_id = user, .kind = kind, .address = caller.address, .user_agent = caller.user_agent});
  co_await mail(user, kind, caller, event.at);
  router_.deliver(std::move(event), {user}, caller.connection);
}

Task<void> Notices::mail(UserId user, SecurityEventKind kind, const Caller& caller, Timestamp at) {
  const auto profile = co_await users_.find(user);
  if (!profile || !profile->email || !profile->email_verified) co_return;
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  co_await jobs_.add(
      mail_to(*profile, name_of(kind),
              {{"device", describe_client(caller.user_agent).device},
               {"address", caller.address},
               {"at", fmt::format("{:%Y-%m-%d %H:%M} UTC",
                                  fmt::gmtime(std::chrono::system_clock::to_time_t(second)))}}));
}

}  // namespace parley::user
