#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "storage/postgres/pipeline.h"

// The statements by which messages and marks are kept. Every one of them does a whole batch: its
// parameters are arrays, one element for each row.

namespace parley::storage {

enum class ChatStatement : std::uint8_t {
  begin,
  lock_chats,
  read_people,
  find_repeats,
  read_recipients,
  read_senders,
  insert_messages,
  update_chats,
  update_participants,
  insert_events,
  commit,
  rollback,
  plan_anew,
  try_writing,
};

// In the order of ChatStatement.
inline constexpr std::array kChatStatements{
    Pipeline::Statement{"begin", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"},

    // $1 chats. Everybody locks them in the order of their ids. Whoever had to wait sees the row as
    // it is now; what the statements after this one see was committed before the lock was granted,
    // because each of them takes its own snapshot.
    Pipeline::Statement{
        "lock_chats",
        "SELECT id, type, last_seq, message_count, last_message_seq, activity_id, updated_at"
        " FROM chats WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE"},

    // $1 chats, $2 users, $3 whether it matters what they tell of what they have read (1; 2 when
    // other systems are told as well; else 0). Those who have left are not there. Blocks are of
    // direct chats alone; in groups people are told, and other systems when it is no secret. Who
    // tells whom is what the view read_tellers says, both ways, in a form that is looked up row by
    // row.
    Pipeline::Statement{
        "read_people",
        "SELECT a.place, p.role, p.permissions, p.delivered_seq, p.read_seq, p.peer_id,"
        " CASE WHEN p.peer_id IS NULL THEN FALSE ELSE"
        "  EXISTS (SELECT FROM blocks b WHERE b.user_id = p.user_id AND b.other_id = p.peer_id) OR"
        "  EXISTS (SELECT FROM blocks b WHERE b.user_id = p.peer_id AND b.other_id = p.user_id) "
        "END,"
        " CASE WHEN a.reads = 0 OR (p.peer_id IS NULL AND a.reads = 1) THEN TRUE"
        " WHEN p.peer_id IS NULL THEN"
        "  COALESCE((SELECT u.read_receipts = 1 FROM users u WHERE u.id = p.user_id), FALSE) ELSE"
        "  COALESCE((SELECT u.read_receipts = 1 FROM users u WHERE u.id = p.user_id), FALSE) AND"
        "  COALESCE((SELECT u.read_receipts = 1 FROM users u WHERE u.id = p.peer_id), FALSE) AND"
        "  NOT EXISTS (SELECT FROM privacy_exceptions e"
        "   WHERE e.user_id = p.user_id AND e.other_id = p.peer_id) AND"
        "  NOT EXISTS (SELECT FROM privacy_exceptions e"
        "   WHERE e.user_id = p.peer_id AND e.other_id = p.user_id) END"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
        "  WITH ORDINALITY AS a (chat_id, user_id, reads, place)"
        " JOIN participants p ON p.chat_id = a.chat_id AND p.user_id = a.user_id"
        " WHERE p.role <> 2"},

    // $1 chats, $2 senders, $3 client ids, $4 the smallest id that counts: older partitions are not
    // looked at. Asking for the first by id leaves but one index that will do, also to a planner
    // that knows nothing of a new partition.
    Pipeline::Statement{
        "find_repeats",
        "SELECT a.place, m.id, m.seq, m.created_at, m.type, m.content, m.edited_at, m.deleted_at"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])"
        "  WITH ORDINALITY AS a (chat_id, sender_id, client_id, place)"
        " CROSS JOIN LATERAL (SELECT * FROM messages WHERE chat_id = a.chat_id"
        "  AND client_id = a.client_id AND sender_id = a.sender_id AND id >= $4::bigint"
        "  ORDER BY id LIMIT 1) m"},

    // $1 chats.
    Pipeline::Statement{"read_recipients",
                        "SELECT a.chat_id, ARRAY (SELECT p.user_id FROM participants p"
                        " WHERE p.chat_id = a.chat_id AND p.role <> 2 ORDER BY p.user_id)"
                        " FROM unnest($1::bigint[]) AS a (chat_id)"},

    // $1 chats, $2 and $3: who sent what is after one seq and up to another; nobody for an entry
    // that is no message. Ascending by seq in each chat.
    Pipeline::Statement{
        "read_senders",
        "SELECT a.chat_id, m.seq, CASE m.kind WHEN 0 THEN m.sender_id ELSE 0 END"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS a (chat_id, after, up_to)"
        " CROSS JOIN LATERAL (SELECT seq, kind, sender_id FROM messages"
        "  WHERE chat_id = a.chat_id AND seq > a.after AND seq <= a.up_to ORDER BY seq) m"},

    Pipeline::Statement{
        "insert_messages",
        "INSERT INTO messages (chat_id, seq, id, kind, sender_id, created_at, message_count, type,"
        " content, client_id)"
        " SELECT chat_id, seq, id, 0, sender_id, created_at, message_count, type, content, "
        "client_id"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
        " $6::bigint[], $7::bigint[], $8::bytea[], $9::bytea[]) AS a (chat_id, seq, id, sender_id,"
        " created_at, message_count, type, content, client_id)"},

    Pipeline::Statement{
        "update_chats",
        "UPDATE chats c SET last_seq = a.last_seq, message_count = a.message_count,"
        " last_message_seq = a.last_message_seq, activity_id = a.activity_id,"
        " updated_at = a.updated_at, change_id = (SELECT pg_current_xact_id()::text::bigint)"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
        " $6::bigint[]) AS a (id, last_seq, message_count, last_message_seq, activity_id,"
        " updated_at) WHERE c.id = a.id"},

    // $1 chats, $2 users, $3 delivered, $4 read.
    Pipeline::Statement{
        "update_participants",
        "UPDATE participants p SET delivered_seq = a.delivered_seq, read_seq = a.read_seq"
        " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])"
        " AS a (chat_id, user_id, delivered_seq, read_seq)"
        " WHERE p.chat_id = a.chat_id AND p.user_id = a.user_id"},

    // All of them are of the exchange message.events. $1 ids, $2 routing keys, $3 versions, $4
    // bodies, $5 times, $6 traces, empty where there is none.
    Pipeline::Statement{
        "insert_events",
        "INSERT INTO event_outbox (id, exchange, routing_key, version, body, at, traceparent)"
        " SELECT id, 1, convert_from(routing_key, 'UTF8'), version, convert_from(body, 'UTF8'), at,"
        " NULLIF(convert_from(traceparent, 'UTF8'), '')"
        " FROM unnest($1::bigint[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bigint[],"
        " $6::bytea[]) AS a (id, routing_key, version, body, at, traceparent)"},

    Pipeline::Statement{"commit", "COMMIT"},
    Pipeline::Statement{"rollback", "ROLLBACK"},

    // A plan that was made when a table was known to be empty reads all of it. Plans made anew see
    // how large it has become, also when nobody has analysed it.
    Pipeline::Statement{"plan_anew", "DISCARD PLANS"},

    // Whether anything can be kept again: it changes a row for good.
    Pipeline::Statement{"try_writing",
                        "INSERT INTO store_meta VALUES ('tried_again', '1') ON CONFLICT (name)"
                        " DO UPDATE SET value = (store_meta.value::bigint + 1)::text"},
};

static_assert(kChatStatements.size() == static_cast<std::size_t>(ChatStatement::try_writing) + 1);

}  // namespace parley::storage
