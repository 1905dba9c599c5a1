#pragma once

#include <string>

#include "app/settings.h"

namespace parley::app {

// What `parley keys` does with the keys of a data directory, whether a server runs there or not:
// each answers with what to tell the operator. They throw std::runtime_error with a sentence when
// the keys cannot be read or kept, or when token-secret takes their place.

// Makes a new active key. The ones before check tokens until the last of theirs has expired.
std::string rotate_keys(const NodeSettings& settings);

// Never shows a secret.
std::string list_keys(const NodeSettings& settings);

}  // namespace parley::app
