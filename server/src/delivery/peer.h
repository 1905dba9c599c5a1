#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "delivery/directory.h"
#include "delivery/node_message.h"

namespace parley::delivery {

// Somebody got a first connection on another node, or lost the last one; or somebody is at their
// connections there again, or nobody any more.
struct Passage {
  enum class What : std::uint8_t { arrived, left, turned };
  UserId user;
  What what = What::arrived;
  bool told = false;       // when they left: that node tells their peers
  bool nowhere = false;    // they are on no further node but, perhaps, this one
  bool attended = true;    // somebody is at those connections, or was at the last one,
  bool elsewhere = false;  // or is at some on a further node but, perhaps, this one
  bool late = false;       // what that node had to tell of it may not have come here
};

// Peer keeps the part of the Directory that belongs to one incarnation of another node as that
// node says it is: from its Moves, as long as their numbers have no gap; otherwise from a Snapshot
// and the Moves that follow it. A Heartbeat tells whether both sides mean the same.
//
// So whatever is lost, doubled or overtaken on the way, the part is right again one heartbeat and
// one snapshot later. For the loop of the cluster alone.
class Peer {
 public:
  Peer(Directory& directory, NodeId node) : directory_(directory), node_(node) {}

  // What each changes is added to `passages`. True: a snapshot is to be asked for.
  bool hear(const Heartbeat& heartbeat);
  bool hear(Moves moves, std::vector<Passage>& passages);
  bool hear(Snapshot snapshot, std::vector<Passage>& passages);

  // Messages may have been lost. True: a snapshot is to be asked for.
  bool doubt();

  // Everybody there is gone.
  void clear(std::vector<Passage>& passages);

  bool synced() const { return synced_; }
  // There were too many nodes already: its users are not in the directory.
  bool left_out() const { return left_out_; }
  std::optional<std::size_t> slot() const { return slot_; }

 private:
  static constexpr std::size_t kMostAhead = 512;
  static constexpr int kPatience = 1;  // heartbeats until a snapshot is asked for again

  struct Assembly {
    std::uint64_t number = 0;
    std::uint64_t serial = 0;
    std::vector<bool> have;
    std::size_t missing = 0;
    std::vector<UserId> users;
    std::vector<UserId> unattended;
  };

  bool ask();
  void apply(Moves moves, std::vector<Passage>& passages);
  void apply(std::vector<UserId> everybody, std::vector<UserId> unattended,
             std::vector<Passage>& passages);
  void add(UserId user, bool attended, std::vector<Passage>& passages);
  void remove(UserId user, bool told, std::vector<Passage>& passages);
  void turn(UserId user, bool attended, std::vector<Passage>& passages);
  bool attended_further(UserId user) const;

  Directory& directory_;
  const NodeId node_;
  std::optional<std::size_t> slot_;
  std::uint64_t number_ = 0;  // of the last Moves that the directory has
  std::uint64_t count_ = 0;
  std::uint64_t digest_ = 0;
  bool synced_ = false;
  bool was_synced_ = false;
  bool left_out_ = false;
  bool asked_ = false;
  int patience_ = 0;
  std::optional<Assembly> assembly_;
  std::map<std::uint64_t, Moves> ahead_;  // came behind a gap
};

}  // namespace parley::delivery
