#include "user/account_removal.h"

#include <utility>

namespace parley::user {

void announce(delivery::Router& router, RemovedAccount removed) {
  for (auto& departure : removed.departures)
    router.deliver(std::move(departure.event), std::move(departure.recipients));
}

}  // namespace parley::user
