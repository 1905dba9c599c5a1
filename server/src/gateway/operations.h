#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "delivery/node_role.h"
#include "delivery/rate_limiter.h"
#include "gateway/json_read.h"
#include "gateway/schema.h"
#include "model/error.h"
#include "model/session.h"

namespace parley::user {
class Admin;
class Avatars;
class Contacts;
class Emails;
class Exports;
class Invites;
class Passkeys;
class Phones;
class Providers;
class Reports;
class SecondFactor;
class Service;
class Sessions;
}  // namespace parley::user
namespace parley::chat {
class Service;
class Groups;
class PresenceService;
}  // namespace parley::chat

namespace parley::notification {
class Devices;
class DigestChoice;
}  // namespace parley::notification

namespace parley::gateway {

class Forwarder;
class OperationProbe;

// The parts that answer operations. One that runs on another node is null here, and what it would
// answer is forwarded.
struct Api {
  user::Service* users = nullptr;
  user::Sessions* sessions = nullptr;
  user::Phones* phones = nullptr;
  user::Emails* emails = nullptr;
  user::SecondFactor* second_factor = nullptr;
  user::Passkeys* passkeys = nullptr;
  user::Providers* providers = nullptr;
  user::Avatars* avatars = nullptr;
  user::Exports* exports = nullptr;
  user::Contacts* contacts = nullptr;
  user::Admin* admin = nullptr;
  user::Reports* reports = nullptr;
  user::Invites* invites = nullptr;
  chat::Service* chats = nullptr;
  chat::Groups* groups = nullptr;
  chat::PresenceService* presence = nullptr;
  notification::Devices* devices = nullptr;
  notification::DigestChoice* digest_choice = nullptr;
  OperationProbe* probe = nullptr;
  Forwarder* forwarder = nullptr;  // null: nothing runs elsewhere
};

// What an operation came to, ready for its transport.
struct Answer {
  int status = 200;  // for REST
  std::string body;  // empty when REST has nothing to say (204)
  std::string content_type = "application/json";
  std::int64_t max_age = 0;                   // seconds that its reader may keep it
  std::optional<std::string> refresh_cookie;  // the refresh token of a browser that signed in
  std::optional<Timestamp> renewed_until;     // the socket may live on until then
};

BOOST_DEFINE_ENUM_CLASS(Form, rest, socket)

enum class Access : std::uint8_t {
  stranger,   // anybody, signed in or not
  user,       // a signed-in user
  moderator,  // and one whose role (model/user.h) is moderator or admin,
  admin,      // or admin
};

// One row of the table of everything a client can ask.
struct Operation {
  using Begun = std::expected<Task<Result<Answer>>, Error>;

  std::string_view name;  // on sockets
  std::string_view verb;  // REST; none for operations that need a socket
  std::string_view path;  // under /api/v1; `:chatId` fills the member of that name
  Access access;
  const delivery::RatePolicy& policy;
  int status;  // of a REST success: 200, 204, or 201 when it made something
  std::string_view text;
  std::size_t most_bytes;   // of a REST body that is no JSON; 0: the body is JSON
  bool answers_bytes;       // that are no JSON
  delivery::NodeRole role;  // of the nodes that can answer it
  bool repeatable;          // done twice it comes to the same, with the same answer
  bool (*is_here)(const Api& api);
  // Reads the command, and yields the task that runs it; refuses at once what cannot be read.
  Begun (*begin)(const Api& api, Caller caller, const json::Input& body,
                 std::span<const json::Text> texts, Form form, std::string_view bytes);
  const Type& (*command)();
  const Type& (*answer)();         // as REST shows it
  const Type& (*socket_answer)();  // as sockets show it
};

// Everything a client can ask, in the order of docs/protocol.md.
std::span<const Operation> operations();

// The rows by topic, of which operations() is made.
std::vector<Operation> account_operations();
std::vector<Operation> contact_operations();
std::vector<Operation> chat_operations();
std::vector<Operation> device_operations();
std::vector<Operation> admin_operations();

// Whether it can be asked for on a socket: what carries bytes cannot.
inline bool works_on_sockets(const Operation& operation) {
  return operation.most_bytes == 0 && !operation.answers_bytes;
}

// Begins an operation where its part runs: in this process or on another node.
Operation::Begun begin(const Operation& operation, const Api& api, Caller caller,
                       const json::Input& body, std::span<const json::Text> texts, Form form,
                       std::string_view bytes);

// The operation of that name, or none.
const Operation* find_operation(std::string_view name);

// A second path to an operation.
struct Alias {
  std::string_view verb;
  std::string_view path;
  std::string_view operation;
};
std::span<const Alias> aliases();

}  // namespace parley::gateway
