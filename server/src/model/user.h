#pragma once

#include <optional>
#include <string>

#include <boost/describe.hpp>

#include "model/ids.h"
#include "model/nullable.h"

namespace parley {

// What an account may do: a moderator handles reports and suspends users, an admin runs the
// installation, a bot is a program (FEATURES S11).
BOOST_DEFINE_ENUM_CLASS(Role, user, moderator, admin, bot)

// A person's account, as somebody who may look sees it: what its owner hides from them
// (model/privacy.h) is empty.
struct User {
  UserId id;
  std::string username;      // lower case, unique, 3..32 of [a-z0-9_.]
  std::string display_name;  // 1..64 characters
  std::string about;         // at most 139 characters
  Nullable<MediaId> avatar_id;
  Timestamp created_at;
  std::optional<std::string> first_name;   // 1..64 characters
  std::optional<std::string> last_name;    // 1..64 characters
  std::optional<std::string> status_text;  // 1..80 characters: what they are doing just now,
  std::optional<Timestamp> status_until;   // and until when; it is gone afterwards
};
BOOST_DESCRIBE_STRUCT(User, (),
                      (id, username, display_name, about, avatar_id, created_at, first_name,
                       last_name, status_text, status_until))

// A user as they see themselves.
struct Profile : User {
  std::optional<std::string> email;
  bool email_verified = false;
  std::optional<std::string> phone_number;  // E.164
  bool phone_verified = false;
  std::optional<std::string> language;  // of mails and messages to them: BCP 47, "en"
  Role role = Role::user;
  bool second_factor = false;               // sign-in asks for a code as well
  bool has_password = false;                // or signs in by phone, passkey or provider only
  std::optional<std::string> public_key;    // opaque to the server (FEATURES S21)
  std::optional<std::string> identity_key;  // the same
};
BOOST_DESCRIBE_STRUCT(Profile, (User),
                      (email, email_verified, phone_number, phone_verified, language, role,
                       second_factor, has_password, public_key, identity_key))

// What a user says of whether they want to be disturbed (FEATURES S76).
BOOST_DEFINE_ENUM_CLASS(Availability, available, busy)

// Of somebody who is connected: they said that they are busy; or else nobody is at any of their
// connections, as their clients say; or else online.
BOOST_DEFINE_ENUM_CLASS(PresenceState, offline, online, away, busy)

// Whether a user has a live connection, what is to be said of them, and when they last had one.
struct Presence {
  UserId user_id;
  bool online = false;
  PresenceState state = PresenceState::offline;  // another one than offline while `online`
  std::optional<Timestamp> busy_until;           // when they are busy no more by themselves
  Nullable<Timestamp> last_seen_at;
};
BOOST_DESCRIBE_STRUCT(Presence, (), (user_id, online, state, busy_until, last_seen_at))

}  // namespace parley
