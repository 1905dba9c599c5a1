#pragma once

#include <functional>

#include "app/settings.h"
#include "base/config.h"

namespace CLI {
class App;
}

namespace parley::app {

// Adds `parley backup`, `parley backup verify` and `parley restore` to the command line. A backup
// is made whether a server runs on the data directory or not, and neither waits for the other.
// `settings` reads the configuration with the flags that were given; both outlive the parsing. A
// command throws std::exception with a sentence when it cannot be done.
void add_backup_commands(CLI::App& cli, Flags& flags, std::function<NodeSettings()> settings);

}  // namespace parley::app
