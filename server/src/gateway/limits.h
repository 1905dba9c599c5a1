#pragma once

#include <optional>

#include "delivery/rate_limiter.h"
#include "gateway/operations.h"
#include "model/error.h"
#include "model/session.h"

namespace parley::gateway {

// The refusal of a caller who may not ask for this, or asks too fast; none when all is well.
std::optional<Error> refuse(const Operation& operation, const Caller& caller,
                            delivery::RateLimiter& limiter);

}  // namespace parley::gateway
