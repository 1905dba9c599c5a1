-- What is keyed by chat, so that a chat's rows can live together on one machine (Citus).
-- Whoever changes a chat, its log or its participants locks its row of `chats` first.
CREATE TABLE chats (
  id               BIGINT PRIMARY KEY,
  type             BIGINT NOT NULL,
  name             TEXT NOT NULL,
  description      TEXT NOT NULL,
  created_at       BIGINT NOT NULL,
  first_seq        BIGINT NOT NULL,
  -- The head: how far the log has come.
  last_seq         BIGINT NOT NULL,
  message_count    BIGINT NOT NULL,  -- of kind message, up to last_seq
  last_message_seq BIGINT NOT NULL,  -- the newest of kind message
  activity_id      BIGINT NOT NULL,  -- id of the newest entry
  updated_at       BIGINT NOT NULL,  -- time of the newest entry
  -- The transaction that last changed an entry, a watermark or a participant: pg_current_xact_id().
  -- Clocks of nodes do not matter to who syncs.
  change_id        BIGINT NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE direct_chats (
  low_user_id  BIGINT NOT NULL,
  high_user_id BIGINT NOT NULL,
  chat_id      BIGINT NOT NULL,
  PRIMARY KEY (low_user_id, high_user_id)
);

CREATE TABLE participants (
  chat_id        BIGINT NOT NULL,
  user_id        BIGINT NOT NULL,
  role           BIGINT NOT NULL,
  delivered_seq  BIGINT NOT NULL,
  read_seq       BIGINT NOT NULL,
  joined_at      BIGINT NOT NULL,
  joined_seq     BIGINT NOT NULL,  -- of the entry that brought them in first,
  entered_seq    BIGINT NOT NULL,  -- and last
  peer_id        BIGINT,           -- the other one of a direct chat
  muted_until    BIGINT,
  archived       BIGINT NOT NULL DEFAULT 0,
  pinned         BIGINT NOT NULL DEFAULT 0,
  left_seq       BIGINT,           -- with role left: the entry that took them out,
  left_change_id BIGINT,           -- its id,
  left_name      TEXT,             -- and what the chat was called then
  permissions    BIGINT NOT NULL DEFAULT 1,
  notified_seq   BIGINT NOT NULL DEFAULT 0,
  left_xact_id   BIGINT,           -- the transaction that took them out, as change_id of chats
  PRIMARY KEY (chat_id, user_id)
) WITH (fillfactor = 70);
CREATE INDEX participants_by_user ON participants (user_id, chat_id);

-- The log of every chat. Ids ascend with time, so a partition is a span of time, and retention
-- drops it. Seqs are unique by the lock on the chat.
CREATE TABLE messages (
  chat_id       BIGINT NOT NULL,
  seq           BIGINT NOT NULL,
  id            BIGINT NOT NULL,
  kind          BIGINT NOT NULL,
  sender_id     BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,
  message_count BIGINT NOT NULL,  -- of kind message, this entry included
  type          BIGINT,
  content       BYTEA,            -- or what a membership or settings entry says
  client_id     BYTEA,
  edited_at     BIGINT,
  deleted_at    BIGINT,
  PRIMARY KEY (chat_id, seq, id)
) PARTITION BY RANGE (id);
CREATE INDEX messages_by_id ON messages (id);
CREATE INDEX messages_by_client_id ON messages (chat_id, client_id, id)
  WHERE client_id IS NOT NULL;
-- What no partition of a time was made for; the server makes those ahead of time.
CREATE TABLE messages_other PARTITION OF messages DEFAULT;

-- Where an entry stands, by its id.
CREATE VIEW message_log AS SELECT id, chat_id, seq, sender_id, client_id FROM messages;
