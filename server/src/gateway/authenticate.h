#pragma once

#include <string_view>

#include "gateway/http_message.h"
#include "model/error.h"
#include "model/session.h"
#include "user/token.h"

namespace parley::gateway {

// Who sends this request: a stranger if it carries no token. Refuses a token that is not valid.
Result<Caller> authenticate(const user::AccessTokens& tokens, const HttpRequest& request,
                            std::string_view token);

// The token of an Authorization header ("Bearer …"), or "".
std::string_view bearer_token(const HttpRequest& request);

}  // namespace parley::gateway
