#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/schema.h"
#include "model/event.h"

namespace parley::app {

// One event of the table with the shape of its data.
struct DescribedEvent {
  const EventInfo& info;
  const gateway::Type& data;
};

std::vector<DescribedEvent> described_events();

// Every named type that operations and events mention, by name.
std::map<std::string, const gateway::Type*> named_types();

// Whether a type says nothing at all.
bool is_empty(const gateway::Type& type);

}  // namespace parley::app
