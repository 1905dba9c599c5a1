#pragma once

#include <functional>

#include "app/settings.h"
#include "base/config.h"

namespace CLI {
class App;
}

namespace parley::app {

// Adds `parley migrate`, `parley storage copy`, `check` and `compact` to the command line, for
// whoever looks after the store while no server runs on it. `settings` reads the configuration with
// the flags that were given; both outlive the parsing. A command throws std::exception with a
// sentence when it cannot be done.
void add_storage_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings);

}  // namespace parley::app
