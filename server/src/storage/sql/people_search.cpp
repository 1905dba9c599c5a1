#include <algorithm>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/ascii.h"
#include "storage/sql/contact_store.h"
#include "storage/sql/pairs.h"
#include "storage/sql/people.h"

// Finding people: by what somebody types, and by whom they have to do with.

namespace parley::storage {
namespace {

// Suggestions look at this many groups, the ones joined last, and this many who have the user.
constexpr std::int64_t kMostGroups = 50;
constexpr std::int64_t kMostAdmirers = 200;
// So many more than asked for are looked at, as some may be blocked or suspended.
constexpr std::ptrdiff_t kMayBeHidden = 20;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) > 0x7F;
}

// Whether a name could have all of this in it.
bool may_be_name(const std::string& lower) {
  return std::ranges::all_of(lower, [](char c) {
    return is_letter(c) || std::string_view{" .'-"}.find(c) != std::string_view::npos;
  });
}

struct Closeness {
  std::int64_t common_chats = 0;
  bool admires = false;  // has the user as a contact
};

using Candidates = boost::unordered_flat_map<UserId, Closeness, std::hash<UserId>>;

Candidates candidates(Connection& db, UserId user) {
  Candidates found;
  {
    auto row = db.query(
        "SELECT o.user_id FROM (SELECT chat_id FROM participants WHERE user_id = ?1"
        " AND peer_id IS NULL AND role <> ?2 ORDER BY joined_at DESC LIMIT ?3) g"
        " JOIN participants o ON o.chat_id = g.chat_id AND o.role <> ?2",
        user, ParticipantRole::left, kMostGroups);
    while (row.next()) ++found[row.id<UserId>(0)].common_chats;
  }
  {
    auto row =
        db.query("SELECT user_id FROM contacts WHERE contact_id = ?1 ORDER BY user_id LIMIT ?2",
                 user, kMostAdmirers);
    while (row.next()) found[row.id<UserId>(0)].admires = true;
  }
  found.erase(user);
  auto row = db.query("SELECT contact_id FROM contacts WHERE user_id = ?1", user);
  while (row.next()) found.erase(row.id<UserId>(0));
  return found;
}

// Those of them whom the user may be shown.
boost::unordered_flat_map<UserId, User, std::hash<UserId>> read_visible(
    Connection& db, UserId user, std::span<const std::pair<UserId, Closeness>> some,
    Timestamp now) {
  Pairs asked;
  for (const auto& one : some) asked.add(one.first);
  boost::unordered_flat_map<UserId, User, std::hash<UserId>> people;
  auto row = db.query(
      "SELECT p.* FROM json_each(?1) w JOIN people p ON p.id = CAST(w.key AS BIGINT)"
      " WHERE p.viewer_id = ?2 AND NOT p.deleted AND NOT p.suspended AND NOT p.blocked",
      asked.text(), user);
  while (row.next()) people.try_emplace(row.id<UserId>(0), read_person(row, now));
  return people;
}

}  // namespace

Task<Result<std::vector<User>>> SqlContactStore::search(UserId viewer, std::string text,
                                                        std::int64_t limit) {
  const std::string from = lower_ascii(text);
  if (from.contains('\0')) co_return std::vector<User>{};  // no name has it in it
  const std::string to = from + '\x7f';  // after everything that begins so: usernames are ASCII
  co_return co_await database_.read([viewer, &from, &to, limit, now = database_.clock().now()](
                                        Connection& db) -> Result<std::vector<User>> {
    std::vector<User> users;
    {
      auto row = db.query(
          "SELECT * FROM people WHERE username >= ?1 AND username < ?2 AND viewer_id = ?3"
          " AND id <> ?3 AND NOT deleted AND NOT suspended AND NOT blocked"
          " ORDER BY username LIMIT ?4",
          from, to, viewer, limit);
      while (row.next()) users.push_back(read_person(row, now));
    }
    if (!may_be_name(from)) return users;
    auto row = db.query(db.people_by_name(), from, is_letter(from.back()), viewer, limit);
    while (std::ssize(users) < limit && row.next()) {
      User user = read_person(row, now);
      if (std::ranges::find(users, user.id, &User::id) == users.end())
        users.push_back(std::move(user));
    }
    return users;
  });
}

Task<Result<std::vector<user::Suggestion>>> SqlContactStore::suggestions(UserId user,
                                                                         std::int64_t limit) {
  co_return co_await database_.read([user, limit, now = database_.clock().now()](
                                        Connection& db) -> Result<std::vector<user::Suggestion>> {
    const Candidates found = candidates(db, user);
    std::vector<std::pair<UserId, Closeness>> order{found.begin(), found.end()};
    std::ranges::sort(order, [](const auto& one, const auto& other) {
      return std::tuple{-one.second.common_chats, !one.second.admires, one.first} <
             std::tuple{-other.second.common_chats, !other.second.admires, other.first};
    });
    std::vector<user::Suggestion> suggestions;
    // Hardly anybody is left out, so that once is mostly enough.
    for (auto next = order.begin(); next != order.end() && std::ssize(suggestions) < limit;) {
      const auto end = next + std::min<std::ptrdiff_t>(limit + kMayBeHidden, order.end() - next);
      auto people = read_visible(db, user, {next, end}, now);
      for (; next != end && std::ssize(suggestions) < limit; ++next) {
        const auto person = people.find(next->first);
        if (person == people.end()) continue;
        suggestions.push_back(
            {.user = std::move(person->second), .common_chats = next->second.common_chats});
      }
    }
    return suggestions;
  });
}

}  // namespace parley::storage
