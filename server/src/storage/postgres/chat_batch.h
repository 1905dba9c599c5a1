#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/clock.h"
#include "base/id_source.h"
#include "delivery/event_log.h"
#include "model/message.h"
#include "model/receipt.h"
#include "storage/postgres/chat_op.h"
#include "storage/postgres/known_groups.h"
#include "storage/sql/head.h"

namespace parley::storage {

// ChatBatch decides what becomes of operations that are kept in one transaction. It does no I/O:
// whoever has locked its chats fills in what the rows say, lets it decide, writes what it asks for,
// and lets it answer after the commit. When the transaction fails, a new batch of the same
// operations starts over; nothing of the old one has gone anywhere.
//
// Operations of one chat take effect in the order in which they arrived, whatever they are.
class ChatBatch {
 public:
  struct Chat {
    ChatId id{};
    bool there = false;
    ChatType type = ChatType::direct;
    Head head{};         // after the operations so far
    Seq locked_seq = 0;  // its last one when it was locked
    bool changed = false;
    // Of a group:
    KnownGroup* known = nullptr;
    bool tells_everyone = false;  // somebody is answered with its recipients
    std::optional<std::vector<UserId>> read_recipients{};
    std::optional<Seq> senders_after{};  // whoever wrote after this is asked for
    std::optional<SenderRun> read_senders{};
    std::vector<UserId> new_senders{};  // of what this batch adds, from locked_seq + 1 on

    std::int64_t others() const { return head.last_seq - head.message_count; }
    const std::vector<UserId>& recipients() const {
      return read_recipients ? *read_recipients : known->recipients;
    }
    const SenderRun& run() const { return read_senders ? *read_senders : known->recent; }
    bool wants_recipients() const { return tells_everyone && known->others != others(); }
    bool wants_senders() const {
      return senders_after && !known->recent.covers(*senders_after, locked_seq);
    }
  };

  // A participant who wants something in this batch.
  struct Person {
    ChatId chat{};
    UserId user{};
    bool marks = false;
    bool there = false;
    bool may_send = false;
    Receipt receipt{};  // after the operations so far
    bool moved = false;
    // Of a direct chat:
    UserId peer{};
    bool blocked = false;  // by either of the two
    // Whom what they have read is told: the peer, or in a group, where all are, other systems.
    bool tells_reads = true;
  };

  // A message that this batch adds.
  struct Entry {
    const chat::Draft* draft = nullptr;
    MessageId id{};
    Seq seq = 0;
    Timestamp created_at{};
    std::int64_t message_count = 0;
  };

  // With `tells_all` what it changes is told other systems, too.
  ChatBatch(std::span<ChatOp* const> ops, KnownGroups& known, IdSource& ids, const Clock& clock,
            bool tells_all);

  // By id, and by chat and user: what there is to lock and to read. Fill them in.
  std::span<Chat> chats() { return chats_; }
  std::span<Person> people() { return people_; }
  // The drafts in the order of their arrival, for find_repeats; and what was found for one of them.
  std::span<const AppendOp* const> drafts() const { return drafts_; }
  void repeats(std::size_t draft, Message first) { repeats_[draft] = std::move(first); }

  // Places what can be placed.
  void decide();

  bool tells_all() const { return tells_all_; }
  const std::vector<Entry>& entries() const { return entries_; }
  const std::vector<delivery::PublishedEvent>& events() const { return events_; }
  bool changes_anything() const { return changes_; }
  // Says that a commit is on its way: should nobody hear of it, its operations know themselves
  // again.
  void remember_outcome();

  // Gives every operation its result. Once, after the commit.
  void answer();

 private:
  enum class Outcome : std::uint8_t {
    stranger,
    accepted,
    repeats_kept,
    repeats_here,
    forbidden,
    blocked,
    moved
  };
  struct Planned {
    ChatOp* op = nullptr;
    std::uint32_t chat = 0, person = 0;
    std::uint32_t place = 0;  // of a draft in drafts_
    Outcome outcome = Outcome::stranger;
    std::uint32_t entry = 0;          // with accepted: its own,
    const AppendOp* first = nullptr;  // with repeats_here: who was first
    Receipt before{}, after{};        // with moved
    Timestamp at{};
  };

  void decide(Planned& planned, const AppendOp& op);
  void decide(Planned& planned, const MarkOp& op);
  void tell(const Entry& entry);
  void tell(const Planned& planned, const MarkOp& op);
  void add_event(delivery::PublishedEvent event, const Trace& trace);
  chat::Accepted accepted(const Planned& planned, AppendOp& op);
  chat::Moved moved(const Planned& planned) const;
  std::vector<UserId> recipients(const Planned& planned) const;
  std::vector<UserId> authors(const Planned& planned, Seq after, Seq up_to) const;
  void learn();

  KnownGroups& known_;
  IdSource& ids_;
  const Clock& clock_;
  const bool tells_all_;
  std::vector<Planned> planned_;
  std::vector<Chat> chats_;
  std::vector<Person> people_;
  std::vector<const AppendOp*> drafts_;
  std::vector<std::optional<Message>> repeats_;
  std::vector<Entry> entries_;
  std::vector<delivery::PublishedEvent> events_;
  bool changes_ = false;

  // Drafts that this batch has accepted, by the person and the client id.
  using Key = std::pair<std::uint32_t, std::string_view>;
  boost::unordered_flat_map<Key, const AppendOp*> accepted_here_;
};

}  // namespace parley::storage
