#pragma once

#include "base/metrics.h"

namespace parley {

// Makes `metrics` read the numbers of process_metrics() from the kernel.
void collect_process(Metrics& metrics);

}  // namespace parley
