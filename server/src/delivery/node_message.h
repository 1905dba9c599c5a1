#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/describe.hpp>

#include "delivery/bus.h"
#include "model/ids.h"

namespace parley::delivery {

// What nodes of a cluster tell each other over the Bus: a head (two letters, version, kind,
// incarnation of the sender), then the members of one of these, little endian, lists and texts
// behind their length.
//
// Nodes of two releases understand each other: kinds that are not known are passed over, and so is
// what follows the known members; members that came later (kLater) are empty when an older node
// wrote none of them. What else is wrong is refused, whatever it is.

// "I live, and this is what you should have heard of me." Broadcast every few seconds.
struct Heartbeat {
  struct Sent {
    NodeId to{};
    std::uint64_t count = 0;

    friend bool operator==(const Sent&, const Sent&) = default;
  };
  std::uint64_t number = 0;  // of the last Moves
  std::uint64_t count = 0;   // of users who have connections there
  std::uint64_t digest = 0;  // of the same, see digest_of()
  bool answer = false;       // everybody is to send a heartbeat back
  bool tells = false;        // it has sockets, and can tell peers of users who are gone
  std::vector<Sent> sent;    // how many Carried that matter were sent to whom
};
BOOST_DESCRIBE_STRUCT(Heartbeat::Sent, (), (to, count))
BOOST_DESCRIBE_STRUCT(Heartbeat, (), (number, count, digest, answer, tells, sent))

// Who got a first connection on that node, or lost the last one, since the Moves before.
struct Moves {
  std::uint64_t number = 0;  // 1, 2, 3 … within an incarnation
  std::vector<UserId> arrived;
  std::vector<UserId> left;      // that node tells their peers, if they are nowhere
  std::vector<UserId> left_one;  // it saw them on another node still, and tells nobody
  // Nobody is at the user's connections there any more, or somebody is again. Somebody is at
  // those of who arrived and is in neither.
  std::vector<UserId> unattended{};
  std::vector<UserId> attended{};

  static constexpr std::size_t kLater = 2;
};
BOOST_DESCRIBE_STRUCT(Moves, (), (number, arrived, left, left_one, unattended, attended))

// "Send me a Snapshot."
struct Ask {};
BOOST_DESCRIBE_STRUCT(Ask, (), ())

// A part of everybody who has connections on that node, as after Moves `number`.
struct Snapshot {
  static constexpr std::size_t kMostUsers = 8'192;
  static constexpr std::uint32_t kMostParts = 16'384;

  std::uint64_t number = 0;
  std::uint64_t serial = 0;  // of the answer; later ones are greater
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
  std::vector<UserId> users;
  std::vector<UserId> unattended{};  // those of them at whose connections there nobody is

  static constexpr std::size_t kLater = 1;
};
BOOST_DESCRIBE_STRUCT(Snapshot, (), (number, serial, part, parts, users, unattended))

// An event for connections on the other node. Texts lie in the message that was read.
struct Carried {
  std::string_view event;  // its name
  ConnectionId except = 0;
  std::vector<UserId> recipients;
  std::string_view json;
};
BOOST_DESCRIBE_STRUCT(Carried, (), (event, except, recipients, json))

// A session ended: its tokens are refused until then, and its sockets close.
struct SignedOut {
  UserId user_id;
  SessionId session_id;
  std::int64_t until = 0;  // milliseconds since 1970
};
BOOST_DESCRIBE_STRUCT(SignedOut, (), (user_id, session_id, until))

// "What I had for these users may not have reached you: let them sync."
struct Missed {
  std::vector<UserId> users;
};
BOOST_DESCRIBE_STRUCT(Missed, (), (users))

// "I stop, and my users with me; somebody else may tell their peers."
struct Goodbye {};
BOOST_DESCRIBE_STRUCT(Goodbye, (), ())

// "They said that they are busy until then, or, when it has passed, no longer."
struct BusyChanged {
  UserId user_id;
  std::int64_t until = 0;  // milliseconds since 1970
};
BOOST_DESCRIBE_STRUCT(BusyChanged, (), (user_id, until))

// A kind of a newer release.
struct Unknown {};
BOOST_DESCRIBE_STRUCT(Unknown, (), ())

struct NodeMessage {
  // The index is the kind on the wire: add at the end, never take away.
  using Body = std::variant<Unknown, Heartbeat, Moves, Ask, Snapshot, Carried, SignedOut, Missed,
                            Goodbye, BusyChanged>;
  std::uint64_t incarnation = 0;
  Body body;
};

std::string write(const NodeMessage& message);

// Yields what is wrong with it when it is none. Texts lie in `bytes`.
std::expected<NodeMessage, const char*> read_node_message(std::string_view bytes);

// The digest of a set is the xor of those of its members.
std::uint64_t digest_of(UserId user);

}  // namespace parley::delivery
