#include "storage/postgres/chat_rows.h"

#include <array>
#include <stdexcept>
#include <string>

#include "storage/postgres/append_sql.h"
#include "storage/postgres/pg_array.h"
#include "storage/sql/entry_text.h"

namespace parley::storage {
namespace {

// A repeat is recognised for at least a week (chat/message_store.h).
constexpr std::chrono::days kRepeatsKept{8};

static_assert(static_cast<int>(EntryKind::message) == 0 &&
                  static_cast<int>(ParticipantRole::left) == 2 &&
                  static_cast<int>(delivery::EventExchange::message) == 1,
              "these numbers stand in statements");

std::int64_t number(std::uint64_t id) { return static_cast<std::int64_t>(id); }
template <class Kind>
std::int64_t number(Id<Kind> id) {
  return number(id.value());
}
std::int64_t number(Timestamp time) { return time.time_since_epoch().count(); }

PgArray integers(std::size_t count) {
  PgArray array{PgArray::Element::integer};
  array.reserve(count, count * sizeof(std::int64_t));
  return array;
}

template <class... Parameters>
void send(Pipeline& db, ChatStatement statement, const Parameters&... parameters) {
  const std::array<std::string_view, sizeof...(Parameters)> all{parameters.binary()...};
  db.send(static_cast<std::size_t>(statement), all);
}

void send_chats(Pipeline& db, std::span<const ChatBatch::Chat> chats) {
  PgArray ids = integers(chats.size());
  for (const ChatBatch::Chat& chat : chats) ids.add(number(chat.id));
  send(db, ChatStatement::lock_chats, ids);
}

void send_people(Pipeline& db, std::span<const ChatBatch::Person> people, bool tells_all) {
  PgArray chats = integers(people.size()), users = integers(people.size()),
          reads = integers(people.size());
  for (const ChatBatch::Person& person : people) {
    chats.add(number(person.chat));
    users.add(number(person.user));
    reads.add(person.marks ? std::int64_t{tells_all ? 2 : 1} : std::int64_t{0});
  }
  send(db, ChatStatement::read_people, chats, users, reads);
}

void send_drafts(Pipeline& db, std::span<const AppendOp* const> drafts, Timestamp now) {
  PgArray chats = integers(drafts.size()), senders = integers(drafts.size());
  PgArray client_ids{PgArray::Element::bytes};
  for (const AppendOp* op : drafts) {
    chats.add(number(op->draft.chat_id));
    senders.add(number(op->draft.sender_id));
    client_ids.add(op->draft.client_message_id);
  }
  const PgInteger oldest{number(IdSource::first_at(now - kRepeatsKept))};
  send(db, ChatStatement::find_repeats, chats, senders, client_ids, oldest);
}

// One answer after the other, as they were asked for.
class Answers {
 public:
  explicit Answers(std::span<const Rows> answers) : answers_(answers) {}

  const Rows& next() {
    if (answers_.empty()) throw std::runtime_error("an answer of PostgreSQL is missing");
    const Rows& first = answers_.front();
    answers_ = answers_.subspan(1);
    return first;
  }

 private:
  std::span<const Rows> answers_;
};

// Element `place`, which counts from 1.
template <class T>
T& at(std::span<T> all, std::int64_t place) {
  if (place < 1 || place > std::ssize(all))
    throw std::runtime_error("PostgreSQL answers what was not asked");
  return all[static_cast<std::size_t>(place - 1)];
}

// Both ascend by id.
void read_chats(const Rows& rows, std::span<ChatBatch::Chat> chats) {
  std::size_t next = 0;
  for (int row = 0; row < rows.count(); ++row) {
    const auto id = rows.id<ChatId>(row, 0);
    while (next < chats.size() && chats[next].id < id) ++next;
    ChatBatch::Chat& chat = at(chats, static_cast<std::int64_t>(next) + 1);
    chat.there = true;
    chat.type = static_cast<ChatType>(rows.integer(row, 1));
    chat.head = {.last_seq = rows.integer(row, 2),
                 .message_count = rows.integer(row, 3),
                 .last_message_seq = rows.integer(row, 4),
                 .activity_id = static_cast<std::uint64_t>(rows.integer(row, 5)),
                 .updated_at = Timestamp{std::chrono::milliseconds{rows.integer(row, 6)}}};
    chat.locked_seq = chat.head.last_seq;
  }
}

void read_people(const Rows& rows, std::span<ChatBatch::Person> people) {
  for (int row = 0; row < rows.count(); ++row) {
    ChatBatch::Person& person = at(people, rows.integer(row, 0));
    const auto role = static_cast<ParticipantRole>(rows.integer(row, 1));
    person.there = true;
    person.may_send = role == ParticipantRole::admin || permissions_of(rows.integer(row, 2)).send;
    person.receipt = {.delivered = rows.integer(row, 3), .read = rows.integer(row, 4)};
    if (!rows.null(row, 5)) person.peer = rows.id<UserId>(row, 5);
    person.blocked = rows.truth(row, 6);
    person.tells_reads = rows.truth(row, 7);
  }
}

void read_repeats(const Rows& rows, ChatBatch& batch) {
  for (int row = 0; row < rows.count(); ++row) {
    const chat::Draft& draft = at(batch.drafts(), rows.integer(row, 0))->draft;
    const auto time = [&](int column) {
      return Timestamp{std::chrono::milliseconds{rows.integer(row, column)}};
    };
    Message message;
    message.id = rows.id<MessageId>(row, 1);
    message.chat_id = draft.chat_id;
    message.seq = rows.integer(row, 2);
    message.sender_id = draft.sender_id;
    message.created_at = time(3);
    message.client_message_id = draft.client_message_id;
    if (!rows.null(row, 4)) message.type = static_cast<MessageType>(rows.integer(row, 4));
    message.content.emplace(rows.bytes(row, 5));
    if (!rows.null(row, 6)) message.edited_at = time(6);
    if (!rows.null(row, 7)) message.deleted_at = time(7);
    batch.repeats(static_cast<std::size_t>(rows.integer(row, 0) - 1), std::move(message));
  }
}

template <class Wanted>
bool any(std::span<const ChatBatch::Chat> chats, Wanted wanted) {
  return std::ranges::any_of(chats, wanted);
}

void send_recipients(Pipeline& db, std::span<const ChatBatch::Chat> chats) {
  PgArray ids = integers(chats.size());
  for (const ChatBatch::Chat& chat : chats)
    if (chat.wants_recipients()) ids.add(number(chat.id));
  send(db, ChatStatement::read_recipients, ids);
}

void send_senders(Pipeline& db, std::span<const ChatBatch::Chat> chats) {
  PgArray ids = integers(chats.size()), after = integers(chats.size()),
          up_to = integers(chats.size());
  for (const ChatBatch::Chat& chat : chats) {
    if (!chat.wants_senders()) continue;
    ids.add(number(chat.id));
    after.add(*chat.senders_after);
    up_to.add(chat.locked_seq);
  }
  send(db, ChatStatement::read_senders, ids, after, up_to);
}

void send_messages(Pipeline& db, const std::vector<ChatBatch::Entry>& entries) {
  const std::size_t count = entries.size();
  PgArray chats = integers(count), seqs = integers(count), ids = integers(count),
          senders = integers(count), times = integers(count), counts = integers(count),
          types = integers(count);
  PgArray contents{PgArray::Element::bytes}, client_ids{PgArray::Element::bytes};
  std::size_t bytes = 0;
  for (const ChatBatch::Entry& entry : entries) bytes += entry.draft->content.size();
  contents.reserve(count, bytes);
  for (const ChatBatch::Entry& entry : entries) {
    chats.add(number(entry.draft->chat_id));
    seqs.add(entry.seq);
    ids.add(number(entry.id));
    senders.add(number(entry.draft->sender_id));
    times.add(number(entry.created_at));
    counts.add(entry.message_count);
    types.add(static_cast<std::int64_t>(entry.draft->type));
    contents.add(entry.draft->content);
    client_ids.add(entry.draft->client_message_id);
  }
  send(db, ChatStatement::insert_messages, chats, seqs, ids, senders, times, counts, types,
       contents, client_ids);
}

void send_heads(Pipeline& db, std::span<const ChatBatch::Chat> chats) {
  const std::size_t count = chats.size();
  PgArray ids = integers(count), seqs = integers(count), counts = integers(count),
          message_seqs = integers(count), activities = integers(count), times = integers(count);
  for (const ChatBatch::Chat& chat : chats) {
    if (!chat.changed) continue;
    ids.add(number(chat.id));
    seqs.add(chat.head.last_seq);
    counts.add(chat.head.message_count);
    message_seqs.add(chat.head.last_message_seq);
    activities.add(number(chat.head.activity_id));
    times.add(number(chat.head.updated_at));
  }
  send(db, ChatStatement::update_chats, ids, seqs, counts, message_seqs, activities, times);
}

void send_receipts(Pipeline& db, std::span<const ChatBatch::Person> people) {
  const std::size_t count = people.size();
  PgArray chats = integers(count), users = integers(count), delivered = integers(count),
          read = integers(count);
  for (const ChatBatch::Person& person : people) {
    if (!person.moved) continue;
    chats.add(number(person.chat));
    users.add(number(person.user));
    delivered.add(person.receipt.delivered);
    read.add(person.receipt.read);
  }
  send(db, ChatStatement::update_participants, chats, users, delivered, read);
}

void send_events(Pipeline& db, const std::vector<delivery::PublishedEvent>& events) {
  const std::size_t count = events.size();
  PgArray ids = integers(count), versions = integers(count), times = integers(count);
  PgArray keys{PgArray::Element::bytes}, bodies{PgArray::Element::bytes},
      traces{PgArray::Element::bytes};
  for (const delivery::PublishedEvent& event : events) {
    ids.add(number(event.id));
    keys.add(event.routing_key);
    versions.add(event.version);
    bodies.add(event.body);
    times.add(number(event.time));
    traces.add(event.traceparent);
  }
  send(db, ChatStatement::insert_events, ids, keys, versions, bodies, times, traces);
}

ChatBatch::Chat& find(std::span<ChatBatch::Chat> chats, ChatId id) {
  const auto it = std::ranges::lower_bound(chats, id, {}, &ChatBatch::Chat::id);
  if (it == chats.end() || it->id != id)
    throw std::runtime_error("PostgreSQL answers what was not asked");
  return *it;
}

}  // namespace

void send_locking(Pipeline& db, ChatBatch& batch, Timestamp now) {
  send(db, ChatStatement::begin);
  send_chats(db, batch.chats());
  send_people(db, batch.people(), batch.tells_all());
  if (!batch.drafts().empty()) send_drafts(db, batch.drafts(), now);
}

void read_locked(std::span<const Rows> answers, ChatBatch& batch) {
  Answers rows{answers};
  rows.next();
  read_chats(rows.next(), batch.chats());
  read_people(rows.next(), batch.people());
  if (!batch.drafts().empty()) read_repeats(rows.next(), batch);
}

void send_writing(Pipeline& db, ChatBatch& batch) {
  const std::span<const ChatBatch::Chat> chats = batch.chats();
  if (any(chats, &ChatBatch::Chat::wants_recipients)) send_recipients(db, chats);
  if (any(chats, &ChatBatch::Chat::wants_senders)) send_senders(db, chats);
  if (!batch.entries().empty()) send_messages(db, batch.entries());
  if (batch.changes_anything()) {
    send_heads(db, chats);
    send_receipts(db, batch.people());
    if (!batch.events().empty()) send_events(db, batch.events());
  }
  send(db, ChatStatement::commit);
}

void read_written(std::span<const Rows> answers, ChatBatch& batch) {
  Answers rows{answers};
  const std::span<ChatBatch::Chat> chats = batch.chats();
  // Asked before any of them is filled in.
  const bool with_recipients = any(chats, &ChatBatch::Chat::wants_recipients);
  const bool with_senders = any(chats, &ChatBatch::Chat::wants_senders);
  if (with_recipients) {
    const Rows& found = rows.next();
    for (int row = 0; row < found.count(); ++row) {
      auto& recipients = find(chats, found.id<ChatId>(row, 0)).read_recipients.emplace();
      for (const std::int64_t user : read_integers(found.bytes(row, 1)))
        recipients.emplace_back(static_cast<std::uint64_t>(user));
    }
  }
  if (with_senders) {
    for (ChatBatch::Chat& chat : chats)
      if (chat.wants_senders()) chat.read_senders.emplace().first = *chat.senders_after + 1;
    const Rows& found = rows.next();
    for (int row = 0; row < found.count(); ++row)
      find(chats, found.id<ChatId>(row, 0))
          .read_senders.value()
          .add(found.integer(row, 1), found.id<UserId>(row, 2));
  }
}

}  // namespace parley::storage
