#pragma once

#include <span>

#include "base/config.h"

namespace parley::app {

// The table of everything an operator can set, by topic: the flags, PARLEY_<OPTION>, the TOML file,
// docs/configuration.md and `parley check-config` come from it.
std::span<const Option> options();

}  // namespace parley::app
