#include "gateway/websocket.h"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"
#include "gateway/connection.h"
#include "gateway/error_response.h"
#include "gateway/operation_probe.h"

namespace parley::gateway {
namespace {

constexpr std::uint64_t kGreatestId = 1ULL << 53;  // what JavaScript counts to exactly

// What a frame asks for. `data` and `op` are parts of the frame's Input.
struct Request {
  std::uint64_t id = 0;
  std::string_view op;
  std::string_view data;       // a JSON object, or nothing
  bool data_is_wrong = false;  // it is something else
};

// Nothing when the frame is not a request.
std::optional<Request> read_request(const json::Input& frame) {
  thread_local simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(frame.view()).get(document) || document.get_object().get(object)) return {};

  Request request;
  bool has_id = false;
  for (auto field : object) {
    std::string_view name;
    if (field.unescaped_key().get(name)) return {};
    auto value = field.value();
    if (name == "id") {
      if (value.get_uint64().get(request.id) || request.id > kGreatestId) return {};
      has_id = true;
    } else if (name == "op") {
      if (value.get_string().get(request.op)) return {};
    } else if (name == "data") {
      simdjson::ondemand::json_type type;
      if (value.type().get(type)) return {};
      request.data_is_wrong = type != simdjson::ondemand::json_type::object;
      simdjson::ondemand::object data;
      if (!request.data_is_wrong &&
          (value.get_object().get(data) || data.raw_json().get(request.data)))
        return {};
    } else {
      return {};
    }
  }
  if (!has_id || request.op.empty() || !document.current_location().error()) return {};
  return request;
}

std::string begin_reply(std::uint64_t id, std::string_view member) {
  std::string out;
  out.reserve(192);
  out += R"({"re":)";
  json::write(out, id);
  out += ",\"";
  out += member;
  out += "\":";
  return out;
}

void reply(Connection& connection, std::uint64_t id, const Error& error) {
  std::string out = begin_reply(id, "error");
  write_error(out, error);
  out += '}';
  connection.send(std::move(out));
}

void reply(Connection& connection, std::uint64_t id, const Answer& answer) {
  std::string out = begin_reply(id, "data");
  out += answer.body;
  out += '}';
  connection.send(std::move(out));
  if (answer.renewed_until) connection.renew(*answer.renewed_until);
}

// Asks the limits, then runs what has been begun, unless one of them refuses. The connection
// outlives this: it is not destroyed while operations are under way.
Task<void> run(Connection& connection, std::uint64_t id, const Limits& limits,
               OperationProbe& probe, Asked asked, Operation::Begun task) {
  const auto refused = [&](const Error& error) {
    probe.refused(asked, error.code);
    reply(connection, id, error);
    connection.end_operation();
  };
  if (const auto error = co_await limits.refuse(asked.operation, connection.caller))
    co_return refused(*error);
  if (!task) co_return refused(task.error());

  asked.begun = OperationProbe::Clock::now();
  const auto answer = co_await std::move(*task);
  if (!answer) co_return refused(answer.error());
  probe.finished(asked);
  reply(connection, id, *answer);
  connection.end_operation();
}

}  // namespace

void WebSocket::received(Connection& connection, std::string_view text) {
  const json::Input frame{text};
  const auto request = read_request(frame);
  if (!request) return connection.close(CloseCode::malformed, "not a request");

  const Operation* const operation = find_operation(request->op);
  if (!operation || !works_on_sockets(*operation))
    return reply(connection, request->id, {.code = Errc::unknown_operation});

  Caller caller = connection.caller;
  // Each request is a step of its own in what the handshake belonged to.
  if (caller.trace || !operation->is_here(api_)) caller.trace = next_step(caller.trace);
  const Asked asked{.operation = *operation,
                    .way = "socket",
                    .address = connection.caller.address,
                    .user_id = connection.caller.user_id,
                    .trace = caller.trace};
  // Read here, as long as `text` is there; what comes of it waits for the limits.
  Operation::Begun begun = request->data_is_wrong
                               ? std::unexpected(Error{.code = Errc::malformed_request,
                                                       .detail = "`data` must be an object"})
                               : begin(*operation, api_, std::move(caller),
                                       json::Input{frame, request->data}, {}, Form::socket, {});
  connection.begin_operation();
  boost::asio::co_spawn(connection.loop().get_executor(),
                        run(connection, request->id, limits_, *api_.probe, asked, std::move(begun)),
                        boost::asio::detached);
}

std::string WebSocket::encode(const Event& event) {
  std::string out;
  out.reserve(256);
  out += R"({"event":")";
  out += info(event).name;
  out += R"(","data":)";
  std::visit([&out](const auto& data) { json::write(out, data); }, event);
  out += '}';
  return out;
}

}  // namespace parley::gateway
