#pragma once

#include <functional>

#include "app/settings.h"
#include "base/config.h"

namespace CLI {
class App;
}

namespace parley::app {

// Adds `parley user …` and `parley invite …` to the command line: the operations of moderators and
// admins, for whoever may read the data directory. `settings` reads the configuration with the
// flags that were given; both outlive the parsing. A command throws std::runtime_error with a
// sentence when it is refused.
void add_operator_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings);

}  // namespace parley::app
