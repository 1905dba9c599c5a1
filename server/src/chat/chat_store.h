#pragma once

#include <optional>
#include <string>
#include <vector>

#include <boost/describe.hpp>

#include "base/task.h"
#include "model/chat.h"
#include "model/error.h"
#include "model/message.h"
#include "model/privacy.h"

namespace parley::chat {

struct NewGroup {
  UserId creator;
  std::string name;
  std::string description;
  std::vector<UserId> members;  // the creator may be among them
};

struct Opened {
  Chat chat;  // as the caller sees it
  bool first_time = true;
};

// What is given is changed.
struct PermissionChange {
  std::optional<bool> send{};
  std::optional<bool> add_members{};
  std::optional<bool> change_info{};
};

// A change of a group that became an entry of its log.
struct Change {
  Message entry;  // of kind membership or settings; when nothing changed, without an id and with
                  // the last seq
  std::vector<UserId> recipients;  // everyone in the chat after the change, and whoever it removed
};

struct ChatPage {
  std::vector<Chat> chats;
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(ChatPage, (), (chats, next_cursor))

struct ParticipantPage {
  std::vector<Participant> participants;
  Nullable<std::string> next_cursor;
};
BOOST_DESCRIBE_STRUCT(ParticipantPage, (), (participants, next_cursor))

// ChatStore keeps which chats there are and who is in them.
//
// Every call is one transaction, settles in it whether the caller may do this, and what it
// reports is on disk. Changes of a group are entries of its log, with the next seq. To a user who
// is not in the chat, every call answers chat_not_found, whether the chat exists or not; to a
// participant who lacks the role, forbidden. Membership and settings exist for groups only: a
// direct chat answers forbidden. Throws StorageUnavailable like MessageStore. Safe to call from
// any loop.
class ChatStore {
 public:
  virtual ~ChatStore() = default;

  // The direct chat of two users, made if there is none. Two users have one at most, whoever
  // asks and however often. With oneself it is a chat of one participant.
  // Refuses with user_not_found; so it does a new one between people one of whom has blocked the
  // other.
  virtual Task<Result<Opened>> open_direct(UserId caller, UserId peer) = 0;

  // Makes a group whose creator is its admin; its log begins with a `created` entry naming every
  // member. Refuses with user_not_found, participant_limit, and with not_addable, naming the first
  // member who does not let the creator add them.
  virtual Task<Result<Change>> create_group(NewGroup group) = 0;

  // Adds users to a group; who is in it already is passed over, and the entry names the others.
  // Somebody who left comes back with the watermarks and permissions they had. For admins and
  // who may add members.
  // Refuses with user_not_found, participant_limit, not_addable.
  virtual Task<Result<Change>> add(UserId caller, ChatId chat, std::vector<UserId> users) = 0;

  // Takes a user out of a group: admins anybody, everybody themselves (then the entry says
  // `left`). When the last admin goes, the participant who has been there longest becomes admin.
  // Refuses with user_not_found when the user is not in the group.
  virtual Task<Result<Change>> remove(UserId caller, ChatId chat, UserId user) = 0;

  // Makes a participant an admin or a member again. Admins only. The last admin stays admin
  // (forbidden). Refuses with user_not_found when the user is not in the group.
  virtual Task<Result<Change>> set_role(UserId caller, ChatId chat, UserId user,
                                        ParticipantRole role) = 0;

  // Changes what a participant may do without being an admin. Admins only. Refuses with
  // user_not_found when the user is not in the group.
  virtual Task<Result<Change>> set_permissions(UserId caller, ChatId chat, UserId user,
                                               PermissionChange change) = 0;

  // Changes name and description of a group. For admins and who may change them. What stays as it
  // was is left out of the entry.
  virtual Task<Result<Change>> update(UserId caller, ChatId chat, Settings settings) = 0;

  // One chat as `reader` sees it.
  virtual Task<Result<Chat>> get(UserId reader, ChatId chat) = 0;

  // The reader's chats, newest activity first. Refuses a cursor it did not make with
  // malformed_request.
  virtual Task<Result<ChatPage>> list(UserId reader, std::optional<std::string> cursor,
                                      std::int64_t limit) = 0;

  virtual Task<Result<ParticipantPage>> participants(UserId reader, ChatId chat,
                                                     std::optional<std::string> cursor,
                                                     std::int64_t limit) = 0;

  // Everyone in a chat, the reader included.
  virtual Task<Result<std::vector<UserId>>> audience(UserId reader, ChatId chat) = 0;

  // Everyone in a chat whom a writer addresses. Cheap: asked for every "is typing". Refuses like
  // MessageStore::append.
  virtual Task<Result<std::vector<UserId>>> addressees(UserId writer, ChatId chat) = 0;

  // The users of these names (in lower case), in their order. Refuses with user_not_found, whose
  // detail names the first one missing.
  virtual Task<Result<std::vector<UserId>>> find_users(std::vector<std::string> usernames) = 0;

  // With whom `user` has a direct chat, the most recently used first.
  virtual Task<std::vector<UserId>> direct_peers(UserId user, std::int64_t limit) = 0;

  // Whether two users are in a chat together.
  virtual Task<bool> share_chat(UserId one, UserId other) = 0;

  // What each viewer may see of the owner, in the order of the gazes.
  virtual Task<std::vector<Sight>> sights(std::vector<Gaze> gazes) = 0;
};

}  // namespace parley::chat
