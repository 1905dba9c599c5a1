#include "gateway/operations.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "chat/groups.h"
#include "chat/presence.h"
#include "chat/service.h"
#include "gateway/browser_session.h"
#include "gateway/rate_policies.h"
#include "user/service.h"

namespace parley::gateway {
namespace {

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

template <class R>
constexpr bool kSaysNothing = boost::mp11::mp_empty<json::Members<RestBody<R>>>::value;

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

  if (form == Form::socket) {
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
  try {
    auto reply = co_await ((api.*part)->*method)(std::move(caller), std::move(command));
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return answer_with(std::move(*reply), form, keeps_cookies);
  } catch (const StorageUnavailable& failure) {
    log::error("storage unavailable", {{"why", failure.what()}});
    co_return fail(Errc::storage_unavailable);
  } catch (const std::exception& failure) {
    log::error("operation failed", {{"why", failure.what()}});
    co_return fail(Errc::internal);
  }
}

template <auto part, auto method>
Operation::Begun begin(const Api& api, Caller caller, const json::Input& body,
                       std::span<const json::Text> texts, Form form) {
  auto command = json::read_command<typename Signature<method>::Command>(body, texts);
  if (!command) return std::unexpected(std::move(command.error()));
  return call<part, method>(api, std::move(caller), std::move(*command), form);
}

template <auto part, auto method>
constexpr Operation row(std::string_view name, std::string_view verb, std::string_view path,
                        Access access, const delivery::RatePolicy& policy, std::string_view text) {
  using Reply = typename Signature<method>::Reply;
  return {.name = name,
          .verb = verb,
          .path = path,
          .access = access,
          .policy = policy,
          .status = kSaysNothing<Reply> ? 204 : requires(Reply r){r.first_time;
}
? 201 : 200, .text = text, .begin = begin<part, method>,
    .command = type_of<typename Signature<method>::Command>, .answer = type_of<RestBody<Reply>>,
    .socket_answer = type_of<SocketBody<Reply>>
};  // namespace
}  // namespace parley::gateway

using enum Access;
using Users = user::Service;
using Chats = chat::Service;
using Groups = chat::Groups;
using Presences = chat::PresenceService;

constexpr std::array kOperations{
    row<&Api::users, &Users::register_user>("auth:register", "POST", "/auth/register", stranger,
                                            kAuthPolicy, "Makes an account and signs in."),
    row<&Api::users, &Users::sign_in>("auth:login", "POST", "/auth/login", stranger, kSignInPolicy,
                                      "Signs in with a username, e-mail address or phone number."),
    row<&Api::users, &Users::refresh>(
        "auth:refresh", "POST", "/auth/refresh-token", stranger, kRefreshPolicy,
        "Exchanges a refresh token for new tokens. A token used twice ends its session."),
    row<&Api::users, &Users::sign_out>("auth:logout", "POST", "/auth/logout", user, kGeneralPolicy,
                                       "Ends this session; its sockets close with 4401."),
    row<&Api::users, &Users::renew>(
        "auth:renew", "", "", user, kGeneralPolicy,
        "Lets this socket live on with a newer access token of its session."),
    row<&Api::users, &Users::profile>("user:profile", "GET", "/users/profile", user, kGeneralPolicy,
                                      "Your own profile."),
    row<&Api::users, &Users::update>("user:update", "PUT", "/users/profile", user, kGeneralPolicy,
                                     "Changes your profile."),
    row<&Api::users, &Users::find>("user:get", "GET", "/users/:username", user, kGeneralPolicy,
                                   "A user by name."),
    row<&Api::presence, &Presences::status>(
        "user:status", "GET", "/users/:userId/status", user, kGeneralPolicy,
        "Whether somebody you share a chat with is online, and when they last were."),
    row<&Api::chats, &Chats::list>("chat:list", "GET", "/chats", user, kGeneralPolicy,
                                   "Your chats, newest activity first."),
    row<&Api::chats, &Chats::create>(
        "chat:create", "POST", "/chats", user, kGeneralPolicy,
        "Opens a direct chat (the same one every time) or makes a group."),
    row<&Api::groups, &Groups::create>("group:create", "POST", "/groups", user, kGeneralPolicy,
                                       "Makes a group."),
    row<&Api::chats, &Chats::get>("chat:get", "GET", "/chats/:chatId", user, kGeneralPolicy,
                                  "One of your chats."),
    row<&Api::groups, &Groups::update>("chat:update", "PUT", "/chats/:chatId", user, kGeneralPolicy,
                                       "Changes the name or description of a group. Admins only."),
    row<&Api::chats, &Chats::participants>("chat:participants", "GET",
                                           "/chats/:chatId/participants", user, kGeneralPolicy,
                                           "Who is in a chat, and how far they have come."),
    row<&Api::groups, &Groups::add>("chat:add-members", "POST", "/groups/:chatId/members", user,
                                    kGeneralPolicy, "Adds users to a group. Admins only."),
    row<&Api::groups, &Groups::remove>(
        "chat:remove-member", "DELETE", "/groups/:chatId/members/:userId", user, kGeneralPolicy,
        "Takes a user out of a group: admins anybody, everybody themselves."),
    row<&Api::groups, &Groups::leave>(
        "chat:leave", "POST", "/groups/:chatId/leave", user, kGeneralPolicy,
        "Leaves a group. When the last admin leaves, who was there longest becomes admin."),
    row<&Api::groups, &Groups::set_role>(
        "chat:set-role", "PUT", "/groups/:chatId/members/:userId", user, kGeneralPolicy,
        "Makes a participant an admin, or a member again. Admins only."),
    row<&Api::chats, &Chats::send>(
        "message:send", "POST", "/chats/:chatId/messages", user, kMessagesPolicy,
        "Sends a message. The answer means it is on disk; sending the same clientMessageId again "
        "yields the first message."),
    row<&Api::chats, &Chats::history>(
        "history", "GET", "/chats/:chatId/messages", user, kGeneralPolicy,
        "A page of a chat: `after` yields entries of every kind, for catching up; `before`, "
        "`around` and none of them yield messages, for the screen."),
    row<&Api::chats, &Chats::info>("message:info", "GET", "/chats/:chatId/messages/:messageId/info",
                                   user, kGeneralPolicy, "Who has got and who has read a message."),
    row<&Api::chats, &Chats::mark_delivered>(
        "message:delivered", "POST", "/chats/:chatId/delivered", user, kSignalsPolicy,
        "Acknowledges everything up to `seq` as received by you."),
    row<&Api::chats, &Chats::mark_read>("message:read", "POST", "/chats/:chatId/read", user,
                                        kSignalsPolicy,
                                        "Acknowledges everything up to `seq` as read by you."),
    row<&Api::chats, &Chats::set_typing>(
        "message:typing", "POST", "/chats/:chatId/typing", user, kSignalsPolicy,
        "Tells the others in the chat that you are typing, or stopped."),
    row<&Api::chats, &Chats::sync>(
        "sync", "GET", "/sync", user, kGeneralPolicy,
        "Your chats that changed since the cursor; without one, all of them."),
    row<&Api::presence, &Presences::watch>(
        "presence:watch", "", "", user, kSignalsPolicy,
        "While you look at a group: who of its members is online, and user:online and "
        "user:offline events about them."),
    row<&Api::presence, &Presences::unwatch>("presence:unwatch", "", "", user, kSignalsPolicy,
                                             "You no longer look at the group."),
};

constexpr std::array kAliases{
    Alias{"GET", "/groups/:chatId", "chat:get"},
    Alias{"PUT", "/groups/:chatId", "chat:update"},
};

}  // namespace

std::span<const Operation> operations() { return kOperations; }

std::span<const Alias> aliases() { return kAliases; }

const Operation* find_operation(std::string_view name) {
  const auto row = std::ranges::find(kOperations, name, &Operation::name);
  return row == kOperations.end() ? nullptr : &*row;
}

}  // namespace parley::gateway
