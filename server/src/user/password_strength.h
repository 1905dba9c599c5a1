#pragma once

#include <span>
#include <string>
#include <string_view>

namespace parley::user {

enum class Strength { good, guessable, holds_a_name };

// How long a password withstands somebody who guesses well: words, names, dates, keyboard runs and
// their usual disguises first. Below a million guesses it is guessable, and holds_a_name when it
// is also made of `about_the_user`: names and addresses, which are taken apart into words.
//
// Only the beginning of a long password is looked at, in pieces, because a whole one that is made
// to be slow takes 80 ms; this way none takes 1 ms.
Strength strength_of(std::string_view password, std::span<const std::string> about_the_user);

}  // namespace parley::user
