#include "gateway/authenticate.h"

namespace parley::gateway {

Result<Caller> authenticate(const user::AccessTokens& tokens, const HttpRequest& request,
                            std::string_view token) {
  Caller caller{.user_id = {},
                .session_id = {},
                .role = Role::user,
                .connection = 0,
                .address = request.address,
                .user_agent = std::string{request.header("user-agent")},
                .keeps_cookies = request.header("parley-session") == "cookie"};
  if (token.empty()) return caller;

  const auto access = tokens.check(token);
  if (!access) return std::unexpected(access.error());
  caller.user_id = access->user_id;
  caller.session_id = access->session_id;
  caller.role = access->role;
  return caller;
}

std::string_view bearer_token(const HttpRequest& request) {
  const std::string_view value = request.header("authorization");
  constexpr std::size_t kScheme = 7;  // "Bearer ", in any case (RFC 9110 §11.1)
  if (value.size() <= kScheme || value[kScheme - 1] != ' ') return {};
  for (std::size_t i = 0; i < kScheme - 1; ++i) {
    if ((value[i] | 0x20) != "bearer"[i]) return {};
  }
  return value.substr(kScheme);
}

}  // namespace parley::gateway
