#pragma once

#include <optional>
#include <vector>

#include "model/privacy.h"
#include "model/user.h"
#include "storage/sql/connection.h"

namespace parley::storage {

// The one place that decides what somebody may see of somebody else.

// From a row that begins with the columns of the view `people`.
Sight read_sight(const Query& row);
// The user as the viewer may see them: what is hidden is empty.
User read_person(const Query& row, Timestamp now);

Sight find_sight(Connection& db, Gaze gaze);
// Each of them, in this order, in one statement.
std::vector<Sight> find_sights(Connection& db, const std::vector<Gaze>& gazes);
// Nothing when the account is not there or was deleted.
std::optional<User> find_person(Connection& db, Gaze gaze, Timestamp now);

}  // namespace parley::storage
