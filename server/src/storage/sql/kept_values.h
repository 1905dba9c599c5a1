#pragma once

#include <string>

#include "storage/sql/database.h"

namespace parley::storage {

// What this installation once drew and keeps for good, the same on every node that shares the
// store: `proposed` at the first call for this name, and what that was ever after.
Task<std::string> keep_value(Database& database, std::string name, std::string proposed);

}  // namespace parley::storage
