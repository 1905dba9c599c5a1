#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "gateway/browser_session.h"
#include "gateway/operations.h"
#include "gateway/rate_policies.h"

namespace parley::gateway {

// How a method of a part becomes a row of the operation table: everything about reading its
// command and writing its reply follows from the method's type.

namespace detail {

template <auto method>
struct Signature;

template <class Part, class C, class A, Task<Result<A>> (Part::*method)(Caller, C)>
struct Signature<method> {
  using Command = C;
  using Reply = A;
};

// What of a reply REST and sockets show: all of it, unless the reply says otherwise.
template <class R>
decltype(auto) rest_body(const R& reply) {
  if constexpr (requires { reply.body(); }) {
    return reply.body();
  } else {
    return (reply);
  }
}

template <class R>
decltype(auto) socket_body(const R& reply) {
  if constexpr (requires { reply.socket_body(); }) {
    return reply.socket_body();
  } else {
    return rest_body(reply);
  }
}

template <class R>
using RestBody = std::remove_cvref_t<decltype(rest_body(std::declval<const R&>()))>;
template <class R>
using SocketBody = std::remove_cvref_t<decltype(socket_body(std::declval<const R&>()))>;

// A reply that is no JSON: `contentType` says what its bytes are.
template <class R>
constexpr bool kIsBytes = requires(R reply) {
  reply.content_type;
  reply.bytes;
};

template <class R>
constexpr bool kSaysNothing =
    !kIsBytes<R> && boost::mp11::mp_empty<json::Members<RestBody<R>>>::value;

// The class that `part`, a member of Api, points to.
template <auto part>
using PartOf = std::remove_pointer_t<std::remove_cvref_t<decltype(std::declval<Api&>().*part)>>;

template <class T, class... Ts>
constexpr bool kIsOneOf = (std::is_same_v<T, Ts> || ...);

// Which nodes run a part.
template <class Part>
consteval delivery::NodeRole role_of() {
  if constexpr (kIsOneOf<Part, chat::Service, chat::Groups>) {
    return delivery::NodeRole::chat;
  } else if constexpr (kIsOneOf<Part, chat::PresenceService>) {
    return delivery::NodeRole::gateway;  // it is about connections
  } else if constexpr (kIsOneOf<Part, notification::Devices, notification::DigestChoice>) {
    return delivery::NodeRole::notification;
  } else {
    static_assert(
        kIsOneOf<Part, user::Service, user::Sessions, user::Phones, user::Emails,
                 user::SecondFactor, user::Passkeys, user::Providers, user::Avatars, user::Exports,
                 user::Contacts, user::Admin, user::Reports, user::Invites>,
        "say here which nodes run this part");
    return delivery::NodeRole::user;
  }
}

// A command with an id of the client's own yields the same when it comes again.
template <class C>
constexpr bool kNamesWhatItMakes = requires(C command) { command.client_message_id; };

// A command whose REST body is no JSON: at most `kMostBytes` go into `bytes` as they are.
template <class C>
constexpr std::size_t kMostBytes = 0;
template <class C>
  requires requires { C::kMostBytes; }
constexpr std::size_t kMostBytes<C> = C::kMostBytes;

template <class R>
Answer answer_with(R reply, Form form, bool keeps_cookies) {
  Answer answer;
  if constexpr (requires { reply.refresh_token; }) {
    if (keeps_cookies && form == Form::rest) {
      answer.refresh_cookie = std::exchange(reply.refresh_token, std::nullopt);
      reply.csrf_token = csrf_token_of(*answer.refresh_cookie);
    }
  }
  if constexpr (requires { reply.renewed_until; }) answer.renewed_until = reply.renewed_until;
  if constexpr (requires { reply.first_time; }) answer.status = reply.first_time ? 201 : 200;
  if constexpr (kSaysNothing<R>) answer.status = 204;

  if constexpr (kIsBytes<R>) {
    answer.content_type = std::move(reply.content_type);
    answer.body = std::move(reply.bytes);
    answer.max_age = reply.max_age;
  } else if (form == Form::socket) {
    json::write(answer.body, socket_body(reply));
  } else if constexpr (!kSaysNothing<R>) {
    json::write(answer.body, rest_body(reply));
  }
  return answer;
}

// Failures of the machine end here: logged once, answered without a word about the inside.
template <auto part, auto method>
Task<Result<Answer>> call(const Api& api, Caller caller,
                          typename Signature<method>::Command command, Form form) {
  const bool keeps_cookies = caller.keeps_cookies;
  const Trace trace = caller.trace;
  try {
    auto reply = co_await ((api.*part)->*method)(std::move(caller), std::move(command));
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return answer_with(std::move(*reply), form, keeps_cookies);
  } catch (const StorageUnavailable& failure) {
    log::error("storage unavailable", {{"why", failure.what()}, {"trace", trace_id(trace)}});
    co_return fail(Errc::storage_unavailable);
  } catch (const std::exception& failure) {
    log::error("operation failed", {{"why", failure.what()}, {"trace", trace_id(trace)}});
    co_return fail(Errc::internal);
  }
}

template <auto part, auto method>
Operation::Begun begin(const Api& api, Caller caller, const json::Input& body,
                       std::span<const json::Text> texts, Form form, std::string_view bytes) {
  using Command = typename Signature<method>::Command;
  auto command = json::read_command<Command>(body, texts);
  if (!command) return std::unexpected(std::move(command.error()));
  if constexpr (kMostBytes<Command> != 0) command->bytes = bytes;
  return call<part, method>(api, std::move(caller), std::move(*command), form);
}

}  // namespace detail

// Whether an operation may be asked for once more when nobody knows what became of it. Left to
// the row, those that only read may, and those whose client names what it makes.
enum class Repeat : std::uint8_t { by_kind, always, never };

template <auto part, auto method>
Operation row(std::string_view name, std::string_view verb, std::string_view path, Access access,
              const delivery::RatePolicy& policy, std::string_view text,
              Repeat repeat = Repeat::by_kind) {
  using Command = typename detail::Signature<method>::Command;
  using Reply = typename detail::Signature<method>::Reply;
  constexpr bool kMakes = requires(Reply reply) { reply.first_time; };
  return {.name = name,
          .verb = verb,
          .path = path,
          .access = access,
          .policy = policy,
          .status = detail::kSaysNothing<Reply> ? 204
                    : kMakes                    ? 201
                                                : 200,
          .text = text,
          .most_bytes = detail::kMostBytes<Command>,
          .answers_bytes = detail::kIsBytes<Reply>,
          .role = detail::role_of<detail::PartOf<part>>(),
          .repeatable =
              repeat == Repeat::always ||
              (repeat == Repeat::by_kind && (verb == "GET" || detail::kNamesWhatItMakes<Command>)),
          .is_here = [](const Api& api) { return api.*part != nullptr; },
          .begin = detail::begin<part, method>,
          .command = type_of<Command>,
          .answer = type_of<detail::RestBody<Reply>>,
          .socket_answer = type_of<detail::SocketBody<Reply>>};
}

}  // namespace parley::gateway
