#pragma once

#include "app/settings.h"

namespace parley::app {

// Serves until SIGTERM or SIGINT, then lets clients go, for ten seconds at most.
// Throws std::exception with a sentence for the operator when it cannot start.
void serve(const NodeSettings& settings);

}  // namespace parley::app
