#pragma once

#include <span>

#include "base/metrics.h"

namespace parley::app {

// Everything /metrics shows, beside the numbers of the process (base/metrics.h).
std::span<const MetricInfo> metric_table();

}  // namespace parley::app
