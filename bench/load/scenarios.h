#pragma once

#include "checks.h"
#include "options.h"
#include "report.h"

// One function per scenario. Each drives the server, puts what it measured into `report` and what
// it found wrong into `checks`, and throws when the run cannot be made at all.
namespace bench {

void run_pairs(const Options& options, Checks& checks, Report& report);
void run_fanout(const Options& options, Checks& checks, Report& report);
void run_idle(const Options& options, Checks& checks, Report& report);
void run_history(const Options& options, Checks& checks, Report& report);
void run_reconnect(const Options& options, Checks& checks, Report& report);

}  // namespace bench
