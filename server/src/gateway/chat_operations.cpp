#include "chat/groups.h"
#include "chat/presence.h"
#include "chat/service.h"
#include "gateway/operation_row.h"

namespace parley::gateway {

using enum Access;
using Chats = chat::Service;
using Groups = chat::Groups;
using Presences = chat::PresenceService;

std::vector<Operation> chat_operations() {
  return {
      row<&Api::presence, &Presences::status>(
          "user:status", "GET", "/users/:userId/status", user, kGeneralPolicy,
          "Whether somebody you share a chat with is online, away or busy, and when they last were "
          "there."),
      row<&Api::presence, &Presences::set_status>(
          "user:set-status", "PUT", "/users/status", user, kGeneralPolicy,
          "Says that you are busy, until a time or until you say otherwise: whoever may see you "
          "online sees it, and your devices get no pushes."),
      row<&Api::chats, &Chats::list>("chat:list", "GET", "/chats", user, kGeneralPolicy,
                                     "Your chats, newest activity first."),
      row<&Api::chats, &Chats::create>(
          "chat:create", "POST", "/chats", user, kGeneralPolicy,
          "Opens a direct chat (the same one every time) or makes a group."),
      row<&Api::groups, &Groups::create>("group:create", "POST", "/groups", user, kGeneralPolicy,
                                         "Makes a group."),
      row<&Api::chats, &Chats::get>("chat:get", "GET", "/chats/:chatId", user, kGeneralPolicy,
                                    "One of your chats."),
      row<&Api::groups, &Groups::update>(
          "chat:update", "PUT", "/chats/:chatId", user, kGeneralPolicy,
          "Changes the name or description of a group. For admins and who is permitted."),
      row<&Api::chats, &Chats::participants>("chat:participants", "GET",
                                             "/chats/:chatId/participants", user, kGeneralPolicy,
                                             "Who is in a chat, and how far they have come."),
      row<&Api::groups, &Groups::add>("chat:add-members", "POST", "/groups/:chatId/members", user,
                                      kGeneralPolicy,
                                      "Adds users to a group. For admins and who is permitted."),
      row<&Api::groups, &Groups::remove>(
          "chat:remove-member", "DELETE", "/groups/:chatId/members/:userId", user, kGeneralPolicy,
          "Takes a user out of a group: admins anybody, everybody themselves."),
      row<&Api::groups, &Groups::leave>(
          "chat:leave", "POST", "/groups/:chatId/leave", user, kGeneralPolicy,
          "Leaves a group. When the last admin leaves, who was there longest becomes admin."),
      row<&Api::groups, &Groups::set_role>(
          "chat:set-role", "PUT", "/groups/:chatId/members/:userId", user, kGeneralPolicy,
          "Makes a participant an admin, or a member again. Admins only."),
      row<&Api::groups, &Groups::set_permissions>(
          "chat:set-permissions", "PUT", "/groups/:chatId/members/:userId/permissions", user,
          kGeneralPolicy,
          "Changes what a member may do: send, add members, change name and description. Admins "
          "only, who may do all of it."),
      row<&Api::chats, &Chats::send>(
          "message:send", "POST", "/chats/:chatId/messages", user, kMessagesPolicy,
          "Sends a message. The answer means it is on disk; sending the same clientMessageId again "
          "yields the first message."),
      row<&Api::chats, &Chats::history>(
          "history", "GET", "/chats/:chatId/messages", user, kGeneralPolicy,
          "A page of a chat: `after` yields entries of every kind, for catching up; `before`, "
          "`around` and none of them yield messages, for the screen."),
      row<&Api::chats, &Chats::info>("message:info", "GET",
                                     "/chats/:chatId/messages/:messageId/info", user,
                                     kGeneralPolicy, "Who has got and who has read a message."),
      row<&Api::chats, &Chats::mark_delivered>(
          "message:delivered", "POST", "/chats/:chatId/delivered", user, kSignalsPolicy,
          "Acknowledges everything up to `seq` as received by you.", Repeat::always),
      row<&Api::chats, &Chats::mark_read>(
          "message:read", "POST", "/chats/:chatId/read", user, kSignalsPolicy,
          "Acknowledges everything up to `seq` as read by you.", Repeat::always),
      row<&Api::chats, &Chats::set_typing>(
          "message:typing", "POST", "/chats/:chatId/typing", user, kSignalsPolicy,
          "Tells the others in the chat that you are typing, or stopped.", Repeat::always),
      row<&Api::chats, &Chats::sync>(
          "sync", "GET", "/sync", user, kGeneralPolicy,
          "Your chats that changed since the cursor; without one, all of them."),
      row<&Api::presence, &Presences::watch>(
          "presence:watch", "", "", user, kSignalsPolicy,
          "While you look at a group: who of its members is online, and user:online and "
          "user:offline events about them."),
      row<&Api::presence, &Presences::unwatch>("presence:unwatch", "", "", user, kSignalsPolicy,
                                               "You no longer look at the group."),
      row<&Api::presence, &Presences::set_away>(
          "presence:away", "", "", user, kSignalsPolicy,
          "Nobody is at this connection, or somebody is again. You are away while that is so of "
          "all of your connections; `away=1` in the query of the handshake says it from the "
          "beginning."),
  };
}

}  // namespace parley::gateway
