#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "chat/chat_store.h"
#include "chat/service.h"
#include "delivery/router.h"
#include "model/event.h"
#include "model/limit.h"
#include "model/session.h"

namespace parley::chat {

struct UpdateChat {
  ChatId chat_id;
  std::optional<std::string> name;
  std::optional<std::string> description;

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 1, 100},
                                      Limit{"description", Limit::Of::characters, 0, 500}};
};
BOOST_DESCRIBE_STRUCT(UpdateChat, (), (chat_id, name, description))

struct CreateGroup {
  std::string name;
  std::optional<std::string> description;
  std::optional<std::vector<std::string>> members;  // usernames

  static constexpr std::array kLimits{Limit{"name", Limit::Of::characters, 1, 100},
                                      Limit{"description", Limit::Of::characters, 0, 500},
                                      Limit{"members", Limit::Of::items, 0, 1024}};
};
BOOST_DESCRIBE_STRUCT(CreateGroup, (), (name, description, members))

struct AddMembers {
  ChatId chat_id;
  std::vector<std::string> members;  // usernames

  static constexpr std::array kLimits{Limit{"members", Limit::Of::items, 1, 1024}};
};
BOOST_DESCRIBE_STRUCT(AddMembers, (), (chat_id, members))

struct Added {
  std::vector<UserId> added;  // without those who were in it already
  Seq seq = 0;                // of the entry that says so, or the last one when nobody is new
};
BOOST_DESCRIBE_STRUCT(Added, (), (added, seq))

struct OneMember {
  ChatId chat_id;
  UserId user_id;
};
BOOST_DESCRIBE_STRUCT(OneMember, (), (chat_id, user_id))

struct SetRole {
  ChatId chat_id;
  UserId user_id;
  ParticipantRole role = ParticipantRole::member;
};
BOOST_DESCRIBE_STRUCT(SetRole, (), (chat_id, user_id, role))

// What is given is changed.
struct SetPermissions {
  ChatId chat_id;
  UserId user_id;
  std::optional<bool> send{};
  std::optional<bool> add_members{};
  std::optional<bool> change_info{};  // name and description
};
BOOST_DESCRIBE_STRUCT(SetPermissions, (), (chat_id, user_id, send, add_members, change_info))

// What people do with the membership of groups. Removing others, roles and permissions are for
// admins (forbidden), adding and settings for those too who are permitted; everybody may leave.
// Each change is an entry of the chat's log and is announced to everyone in the group and to
// whoever it removed. A direct chat refuses all of it with forbidden.
class Groups {
 public:
  Groups(ChatStore& chats, Service& service, delivery::Router& router)
      : chats_(chats), service_(service), router_(router) {}

  Task<Result<Created>> create(Caller caller, CreateGroup command);
  Task<Result<Chat>> update(Caller caller, UpdateChat command);
  Task<Result<Added>> add(Caller caller, AddMembers command);
  Task<Result<Done>> remove(Caller caller, OneMember command);
  Task<Result<Done>> leave(Caller caller, OneChat command);
  Task<Result<Done>> set_role(Caller caller, SetRole command);
  Task<Result<Done>> set_permissions(Caller caller, SetPermissions command);

 private:
  ChatStore& chats_;
  Service& service_;
  delivery::Router& router_;
};

// The event that tells clients of a change of a group.
Event event_of(const Message& entry);

// Tells everyone a change concerns, unless nothing changed.
void announce(delivery::Router& router, Change change, ConnectionId except);

}  // namespace parley::chat
