#pragma once

#include <array>

#include "delivery/rate_limiter.h"

namespace parley::gateway {

// The named limits of FEATURES §0. A signed-in user has buckets of their own; strangers share
// one per address.
inline constexpr delivery::RatePolicy kAuthPolicy{.name = "auth",
                                                  .count = 5,
                                                  .period = std::chrono::minutes{15},
                                                  .burst = 5,
                                                  .fails_closed = true};
// Sign-ins that fail are limited in user::Service; this one bounds the work of all of them.
inline constexpr delivery::RatePolicy kSignInPolicy{.name = "sign_in",
                                                    .count = 30,
                                                    .period = std::chrono::minutes{15},
                                                    .burst = 30,
                                                    .fails_closed = true};
inline constexpr delivery::RatePolicy kRefreshPolicy{
    .name = "refresh", .count = 30, .period = std::chrono::minutes{15}, .burst = 30};
inline constexpr delivery::RatePolicy kMessagesPolicy{
    .name = "messages", .count = 30, .period = std::chrono::minutes{1}, .burst = 60};
// Acknowledgements, typing and watching follow from what others send: a limit that a person in
// busy groups does not reach.
inline constexpr delivery::RatePolicy kSignalsPolicy{
    .name = "signals", .count = 600, .period = std::chrono::minutes{1}, .burst = 600};
// Searching people: enough for typing a name, too little for copying the directory.
inline constexpr delivery::RatePolicy kSearchPolicy{
    .name = "search", .count = 30, .period = std::chrono::minutes{1}, .burst = 30};
// Address books come in batches of thousands, now and then.
inline constexpr delivery::RatePolicy kContactSyncPolicy{
    .name = "contact_sync", .count = 20, .period = std::chrono::hours{1}, .burst = 20};
// Collecting everything somebody ever wrote.
inline constexpr delivery::RatePolicy kExportPolicy{
    .name = "export", .count = 3, .period = std::chrono::hours{1}, .burst = 3};
// Programs (role bot), in place of `general` and `messages`.
inline constexpr delivery::RatePolicy kBulkPolicy{
    .name = "bulk", .count = 1200, .period = std::chrono::minutes{1}, .burst = 2400};
inline constexpr delivery::RatePolicy kGeneralPolicy{
    .name = "general", .count = 100, .period = std::chrono::minutes{1}, .burst = 100};
// Requests without a token to what needs one.
inline constexpr delivery::RatePolicy kUnauthenticatedPolicy{
    .name = "unauthenticated", .count = 100, .period = std::chrono::minutes{15}, .burst = 100};

}  // namespace parley::gateway
