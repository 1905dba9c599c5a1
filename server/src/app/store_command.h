#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/options.h"
#include "app/settings.h"
#include "base/config.h"
#include "base/log.h"

namespace parley::app {

// What the commands have in common that work on a store without a server.

// Has `command` take all options, and run `act` with the settings they make and with what was given
// behind the command. Only warnings are logged.
template <class Given>
void act_on(CLI::App& command, Flags& flags, std::function<NodeSettings()> settings,
            std::shared_ptr<const Given> given,
            std::function<void(const NodeSettings&, const Given&)> act) {
  add_options(command, options(), flags);
  command.final_callback(
      [settings = std::move(settings), given = std::move(given), act = std::move(act)] {
        log::setup(log::Level::warning, log::Format::automatic);
        act(settings(), *given);
      });
}

}  // namespace parley::app
