#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/task.h"
#include "delivery/rate_limiter.h"
#include "gateway/json_read.h"
#include "gateway/schema.h"
#include "model/error.h"
#include "model/session.h"

namespace parley::user {
class Service;
}
namespace parley::chat {
class Service;
class Groups;
class PresenceService;
}  // namespace parley::chat

namespace parley::gateway {

class OperationProbe;

// The parts that answer operations.
struct Api {
  user::Service* users = nullptr;
  chat::Service* chats = nullptr;
  chat::Groups* groups = nullptr;
  chat::PresenceService* presence = nullptr;
  OperationProbe* probe = nullptr;
};

// What an operation came to, ready for its transport.
struct Answer {
  int status = 200;                           // for REST
  std::string body;                           // JSON; empty when REST has nothing to say (204)
  std::optional<std::string> refresh_cookie;  // the refresh token of a browser that signed in
  std::optional<Timestamp> renewed_until;     // the socket may live on until then
};

enum class Form : std::uint8_t { rest, socket };

enum class Access : std::uint8_t {
  stranger,  // anybody, signed in or not
  user,      // a signed-in user
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
  // Reads the command, and yields the task that runs it; refuses at once what cannot be read.
  Begun (*begin)(const Api& api, Caller caller, const json::Input& body,
                 std::span<const json::Text> texts, Form form);
  const Type& (*command)();
  const Type& (*answer)();         // as REST shows it
  const Type& (*socket_answer)();  // as sockets show it
};

// Everything a client can ask, in the order of docs/protocol.md.
std::span<const Operation> operations();

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
