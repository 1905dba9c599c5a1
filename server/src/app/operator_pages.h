#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "gateway/http_message.h"

namespace parley::app {

// The pages of the operator, as a node writes them before it is ready and afterwards.

// The process lives.
gateway::HttpResponse health_page();

// 200 or 503, and each part with "ok" or what is the matter.
gateway::HttpResponse ready_page(bool ready,
                                 const std::vector<std::pair<std::string, std::string>>& parts);

// For Prometheus.
gateway::HttpResponse metrics_page(const Metrics& metrics);

}  // namespace parley::app
