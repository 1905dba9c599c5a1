#include "gateway/operation_row.h"
#include "user/service.h"

namespace parley::gateway {

using enum Access;
using Users = user::Service;

std::vector<Operation> account_operations() {
  return {
      row<&Api::users, &Users::register_user>("auth:register", "POST", "/auth/register", stranger,
                                              kAuthPolicy, "Makes an account and signs in."),
      row<&Api::users, &Users::sign_in>(
          "auth:login", "POST", "/auth/login", stranger, kSignInPolicy,
          "Signs in with a username, e-mail address or phone number."),
      row<&Api::users, &Users::refresh>(
          "auth:refresh", "POST", "/auth/refresh-token", stranger, kRefreshPolicy,
          "Exchanges a refresh token for new tokens. A token used twice ends its session."),
      row<&Api::users, &Users::sign_out>("auth:logout", "POST", "/auth/logout", user,
                                         kGeneralPolicy,
                                         "Ends this session; its sockets close with 4401."),
      row<&Api::users, &Users::renew>(
          "auth:renew", "", "", user, kGeneralPolicy,
          "Lets this socket live on with a newer access token of its session."),
      row<&Api::users, &Users::profile>("user:profile", "GET", "/users/profile", user,
                                        kGeneralPolicy, "Your own profile."),
      row<&Api::users, &Users::update>("user:update", "PUT", "/users/profile", user, kGeneralPolicy,
                                       "Changes your profile."),
      row<&Api::users, &Users::find>("user:get", "GET", "/users/:username", user, kGeneralPolicy,
                                     "A user by name."),
  };
}

}  // namespace parley::gateway
