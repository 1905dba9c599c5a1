#include "storage/sql/people.h"

#include <map>
#include <utility>

#include "storage/sql/pairs.h"
#include "storage/sql/rows.h"

namespace parley::storage {

Sight read_sight(const Query& row) {
  const bool self = row.id<UserId>(0) == row.id<UserId>(10);
  const bool exists = row.integer(11) == 0;
  const bool blocked = row.integer(13) != 0;
  const bool excepted = row.integer(14) != 0;
  const bool known = row.integer(15) != 0;
  const auto lets = [&](int column) {
    if (self || !exists || blocked || excepted) return self && exists;
    const auto audience = row.enumerator<Audience>(column);
    return audience == Audience::everybody || (audience == Audience::contacts && known);
  };
  return {.exists = exists,
          .blocked = blocked,
          .last_seen = lets(16),
          .online = lets(17),
          .avatar = lets(18),
          .about = lets(19),
          .groups = lets(20),
          .reads = exists && (self || (!blocked && row.integer(21) != 0)),
          .busy_until = lets(17) && !row.null(22) ? row.time(22) : Timestamp{}};
}

User read_person(const Query& row, Timestamp now) {
  User user = read_user(row, now);
  const Sight sight = read_sight(row);
  if (!sight.avatar) user.avatar_id.reset();
  if (!sight.about) {
    user.about.clear();
    user.status_text.reset();
    user.status_until.reset();
  }
  return user;
}

Sight find_sight(Connection& db, Gaze gaze) {
  auto row =
      db.query("SELECT * FROM people WHERE id = ?1 AND viewer_id = ?2", gaze.owner, gaze.viewer);
  return row.next() ? read_sight(row) : Sight{};
}

std::vector<Sight> find_sights(Connection& db, const std::vector<Gaze>& gazes) {
  std::vector<Sight> sights(gazes.size());
  if (gazes.empty()) return sights;
  Pairs asked;
  std::map<std::pair<UserId, UserId>, Sight> found;
  for (const Gaze& gaze : gazes)
    if (found.try_emplace({gaze.owner, gaze.viewer}).second) asked.add(gaze.viewer, gaze.owner);
  {
    auto row = db.query(
        "SELECT p.* FROM json_each(?1) w JOIN people p"
        " ON p.viewer_id = CAST(w.key AS BIGINT) AND p.id = w.value",
        asked.text());
    while (row.next()) found[{row.id<UserId>(0), row.id<UserId>(10)}] = read_sight(row);
  }
  for (std::size_t i = 0; i < gazes.size(); ++i)
    sights[i] = found.at({gazes[i].owner, gazes[i].viewer});
  return sights;
}

std::optional<User> find_person(Connection& db, Gaze gaze, Timestamp now) {
  auto row = db.query("SELECT * FROM people WHERE id = ?1 AND viewer_id = ?2 AND NOT deleted",
                      gaze.owner, gaze.viewer);
  if (!row.next()) return std::nullopt;
  return read_person(row, now);
}

}  // namespace parley::storage
