#include "storage/postgres/chat_batch.h"

#include <algorithm>
#include <tuple>

#include "delivery/published_events.h"
#include "storage/postgres/entry_id.h"

namespace parley::storage {
namespace {

constexpr Seq kMostAuthorsLookedFor = 500;  // entries, from the newest
constexpr std::size_t kSendersKept = 64;

bool reaches(const Receipt& now, const Receipt& then) {
  return now.delivered >= then.delivered && now.read >= then.read;
}

// The first seq that is not looked at.
Seq looked_at_after(Seq after, Seq up_to) { return std::max(after, up_to - kMostAuthorsLookedFor); }

}  // namespace

ChatBatch::ChatBatch(std::span<ChatOp* const> ops, KnownGroups& known, IdSource& ids,
                     const Clock& clock, bool tells_all)
    : known_(known), ids_(ids), clock_(clock), tells_all_(tells_all) {
  planned_.resize(ops.size());
  std::vector<std::tuple<ChatId, UserId, std::uint32_t>> order;
  order.reserve(ops.size());
  for (std::uint32_t i = 0; i < ops.size(); ++i) {
    planned_[i].op = ops[i];
    order.emplace_back(ops[i]->chat(), ops[i]->user(), i);
    if (ops[i]->kind() != ChatOp::Kind::append) continue;
    planned_[i].place = static_cast<std::uint32_t>(drafts_.size());
    drafts_.push_back(static_cast<const AppendOp*>(ops[i]));
  }
  repeats_.resize(drafts_.size());
  entries_.reserve(drafts_.size());
  std::ranges::sort(order);
  for (const auto& [chat, user, i] : order) {
    const bool new_chat = chats_.empty() || chats_.back().id != chat;
    if (new_chat) chats_.push_back({.id = chat});
    if (new_chat || people_.back().user != user) people_.push_back({.chat = chat, .user = user});
    if (ops[i]->kind() == ChatOp::Kind::mark) people_.back().marks = true;
    planned_[i].chat = static_cast<std::uint32_t>(chats_.size() - 1);
    planned_[i].person = static_cast<std::uint32_t>(people_.size() - 1);
  }
}

void ChatBatch::decide() {
  for (Chat& chat : chats_)
    if (chat.there && chat.type == ChatType::group) chat.known = &known_.get(chat.id);
  for (Planned& planned : planned_) {
    if (!chats_[planned.chat].there || !people_[planned.person].there) continue;
    if (planned.op->kind() == ChatOp::Kind::append) {
      decide(planned, static_cast<const AppendOp&>(*planned.op));
    } else {
      decide(planned, static_cast<const MarkOp&>(*planned.op));
    }
  }
}

void ChatBatch::decide(Planned& planned, const AppendOp& op) {
  Chat& chat = chats_[planned.chat];
  Person& sender = people_[planned.person];
  chat.tells_everyone = chat.type == ChatType::group;
  if (repeats_[planned.place]) {
    planned.outcome = Outcome::repeats_kept;
    return;
  }
  const Key key{planned.person, op.draft.client_message_id};
  if (const auto first = accepted_here_.find(key); first != accepted_here_.end()) {
    planned.outcome = Outcome::repeats_here;
    planned.first = first->second;
    return;
  }
  if (!sender.may_send || sender.blocked) {
    planned.outcome = sender.may_send ? Outcome::blocked : Outcome::forbidden;
    return;
  }

  planned.outcome = Outcome::accepted;
  planned.entry = static_cast<std::uint32_t>(entries_.size());
  accepted_here_.emplace(key, &op);
  const Entry& entry =
      entries_.emplace_back(Entry{.draft = &op.draft,
                                  .id = draw_entry_id(ids_, clock_, chat.head.activity_id),
                                  .seq = chat.head.last_seq + 1,
                                  .created_at = clock_.now(),
                                  .message_count = chat.head.message_count + 1});
  chat.head = {.last_seq = entry.seq,
               .message_count = entry.message_count,
               .last_message_seq = entry.seq,
               .activity_id = entry.id.value(),
               .updated_at = std::max(chat.head.updated_at, entry.created_at)};
  if (chat.known) chat.new_senders.push_back(sender.user);
  sender.receipt = {.delivered = entry.seq, .read = entry.seq};
  sender.moved = chat.changed = changes_ = true;
  if (tells_all_) tell(entry);
}

void ChatBatch::decide(Planned& planned, const MarkOp& op) {
  Chat& chat = chats_[planned.chat];
  Person& mover = people_[planned.person];
  planned.outcome = Outcome::moved;
  if (op.tried && reaches(mover.receipt, op.tried->after)) {
    // Its own commit, of which nobody heard: it is kept, and who it concerns is told now.
    planned.at = op.tried->at;
    planned.before = op.tried->before;
    planned.after = op.tried->after;
  } else {
    planned.at = clock_.now();
    planned.before = mover.receipt;
    planned.after = advance(mover.receipt, op.mark.receipt, chat.head.last_seq);
    if (planned.after == planned.before) return;
    mover.receipt = planned.after;
    mover.moved = chat.changed = changes_ = true;
    if (tells_all_) tell(planned, op);
  }
  if (!chat.known) return;
  const auto want = [&](Seq after, Seq up_to) {
    if (after >= up_to) return;
    const Seq from = looked_at_after(after, up_to);
    if (from < chat.locked_seq)
      chat.senders_after = std::min(chat.senders_after.value_or(from), from);
  };
  want(planned.before.delivered, planned.after.delivered);
  want(planned.before.read, planned.after.read);
}

void ChatBatch::tell(const Entry& entry) {
  Message message;
  message.id = entry.id;
  message.chat_id = entry.draft->chat_id;
  message.seq = entry.seq;
  message.sender_id = entry.draft->sender_id;
  message.created_at = entry.created_at;
  message.type = entry.draft->type;
  add_event(delivery::message_sent(ids_.next<delivery::PublishedEventKind>(), message, {}),
            entry.draft->trace);
}

void ChatBatch::tell(const Planned& planned, const MarkOp& op) {
  const auto id = [this] { return ids_.next<delivery::PublishedEventKind>(); };
  if (planned.after.delivered > planned.before.delivered)
    add_event(delivery::message_delivered(id(), op.chat(), op.user(), planned.after.delivered,
                                          planned.at),
              op.mark.trace);
  const Person& mover = people_[planned.person];
  if (planned.after.read > planned.before.read && mover.tells_reads && !mover.blocked)
    add_event(delivery::message_read(id(), op.chat(), op.user(), planned.after.read, planned.at),
              op.mark.trace);
}

void ChatBatch::add_event(delivery::PublishedEvent event, const Trace& trace) {
  if (trace) event.traceparent = traceparent(trace);
  events_.push_back(std::move(event));
}

void ChatBatch::remember_outcome() {
  for (Planned& planned : planned_) {
    if (planned.outcome == Outcome::accepted) {
      static_cast<AppendOp*>(planned.op)->tried = entries_[planned.entry].id;
    } else if (planned.outcome == Outcome::moved && planned.after != planned.before) {
      static_cast<MarkOp*>(planned.op)->tried = {
          .before = planned.before, .after = planned.after, .at = planned.at};
    }
  }
}

void ChatBatch::answer() {
  for (const Planned& planned : planned_) {
    if (planned.op->kind() == ChatOp::Kind::mark) {
      auto& op = static_cast<MarkOp&>(*planned.op);
      if (planned.outcome == Outcome::moved) {
        op.result = moved(planned);
      } else {
        op.result = fail(Errc::chat_not_found);
      }
      continue;
    }
    auto& op = static_cast<AppendOp&>(*planned.op);
    switch (planned.outcome) {
      case Outcome::accepted:
      case Outcome::repeats_kept:
      case Outcome::repeats_here:
        op.result = accepted(planned, op);
        break;
      case Outcome::forbidden:
        op.result = fail(Errc::forbidden, "you may only read in this group");
        break;
      case Outcome::blocked:
        op.result = fail(Errc::blocked);
        break;
      case Outcome::stranger:
      case Outcome::moved:
        op.result = fail(Errc::chat_not_found);
    }
  }
  learn();
}

chat::Accepted ChatBatch::accepted(const Planned& planned, AppendOp& op) {
  chat::Accepted accepted;
  accepted.recipients = recipients(planned);
  if (planned.outcome == Outcome::repeats_here) {
    accepted.message = planned.first->result->message;
    accepted.first_time = false;
    return accepted;
  }
  if (planned.outcome == Outcome::repeats_kept) {
    accepted.message = std::move(*repeats_[planned.place]);
    // Its own commit, of which nobody heard.
    accepted.first_time = op.tried && accepted.message.id == op.tried;
    return accepted;
  }
  const Entry& entry = entries_[planned.entry];
  Message& message = accepted.message;
  message.id = entry.id;
  message.chat_id = op.draft.chat_id;
  message.seq = entry.seq;
  message.sender_id = op.draft.sender_id;
  message.created_at = entry.created_at;
  message.client_message_id = std::move(op.draft.client_message_id);
  message.type = op.draft.type;
  message.content = std::move(op.draft.content);
  return accepted;
}

std::vector<UserId> ChatBatch::recipients(const Planned& planned) const {
  const Chat& chat = chats_[planned.chat];
  if (chat.known) return chat.recipients();
  const Person& one = people_[planned.person];
  if (!one.peer || one.peer == one.user) return {one.user};
  return {std::min(one.user, one.peer), std::max(one.user, one.peer)};
}

chat::Moved ChatBatch::moved(const Planned& planned) const {
  const Person& mover = people_[planned.person];
  chat::Moved moved;
  moved.before = planned.before;
  moved.after = planned.after;
  moved.type = chats_[planned.chat].type;
  moved.at = planned.at;
  if (mover.blocked) return moved;
  moved.delivered_authors = authors(planned, planned.before.delivered, planned.after.delivered);
  if (mover.tells_reads || chats_[planned.chat].known)
    moved.read_authors = authors(planned, planned.before.read, planned.after.read);
  return moved;
}

std::vector<UserId> ChatBatch::authors(const Planned& planned, Seq after, Seq up_to) const {
  std::vector<UserId> found;
  if (after >= up_to) return found;
  const Chat& chat = chats_[planned.chat];
  const Person& mover = people_[planned.person];
  if (!chat.known) {
    // Sending moves one's own watermarks, so what is newly covered is the other's.
    if (mover.peer && mover.peer != mover.user) found.push_back(mover.peer);
    return found;
  }
  const SenderRun& run = chat.run();
  for (Seq seq = up_to; seq > looked_at_after(after, up_to); --seq) {
    const UserId sender =
        seq > chat.locked_seq
            ? chat.new_senders[static_cast<std::size_t>(seq - chat.locked_seq - 1)]
            : run.at(seq);
    if (sender && sender != mover.user) found.push_back(sender);
  }
  std::ranges::sort(found);
  const auto [first, last] = std::ranges::unique(found);
  found.erase(first, last);
  return found;
}

// What the next batch need not ask again.
void ChatBatch::learn() {
  for (Chat& chat : chats_) {
    if (!chat.known) continue;
    KnownGroup& known = *chat.known;
    if (chat.read_recipients) {
      known.recipients = std::move(*chat.read_recipients);
      known.others = chat.others();
    }
    if (chat.read_senders) known.recent = std::move(*chat.read_senders);
    for (std::size_t i = 0; i < chat.new_senders.size(); ++i)
      known.recent.add(chat.locked_seq + 1 + static_cast<Seq>(i), chat.new_senders[i]);
    known.recent.keep_newest(kSendersKept);
  }
  known_.trim();
}

}  // namespace parley::storage
