#pragma once

#include <string>
#include <string_view>

#include "model/error.h"

namespace parley::user {

// The longest side and the most pixels of a picture that is looked at, whatever its file claims.
inline constexpr int kLongestSide = 10'000;
inline constexpr std::int64_t kMostPixels = 24'000'000;
// What comes of it: a square of this many pixels, or of as many as there were.
inline constexpr int kAvatarSide = 320;

// The middle of a JPEG, PNG or WebP picture as a small square WebP, made anew: nothing else of the
// file is kept, neither where it was taken nor what may hide in it. Takes up to a second: not for
// event loops. Refuses with invalid_image what is no picture, is broken, moves, or is too large.
Result<std::string> make_avatar(std::string_view file);

}  // namespace parley::user
