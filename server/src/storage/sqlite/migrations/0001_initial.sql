-- The first schema. Times are milliseconds since 1970, ids 64-bit and ascending with time.

CREATE TABLE store_meta (
  name  TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Changes when the store is replaced by another one, so that clients start over.
INSERT INTO store_meta VALUES ('epoch', lower(hex(randomblob(8))));
-- Rows of chats and participants show everything up to this id; later ids stand in the logs only.
INSERT INTO store_meta VALUES ('folded_up_to', 0);
-- Client message ids of log entries up to this id are in client_ids.
INSERT INTO store_meta VALUES ('indexed_up_to', 0);
INSERT INTO store_meta VALUES ('indexed_count', 0);
-- Keys the hashes of client_ids.
INSERT INTO store_meta VALUES ('hash_seed', random());

CREATE TABLE users (
  id            INTEGER PRIMARY KEY,
  username      TEXT NOT NULL UNIQUE,
  display_name  TEXT NOT NULL,
  about         TEXT NOT NULL DEFAULT '',
  avatar_id     INTEGER,
  email         TEXT UNIQUE,
  phone_number  TEXT UNIQUE,
  password_hash TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  last_seen_at  INTEGER
) STRICT;

-- Sign-ins that have not ended.
CREATE TABLE sessions (
  id           INTEGER PRIMARY KEY,
  user_id      INTEGER NOT NULL,
  refresh_hash BLOB NOT NULL UNIQUE,
  address      TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  browser      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id, id);

-- Refresh tokens that were exchanged: whoever shows one again has stolen or copied it.
CREATE TABLE superseded_tokens (
  refresh_hash BLOB PRIMARY KEY,
  session_id   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX superseded_tokens_by_session ON superseded_tokens (session_id, expires_at);

-- Sign-ins that have ended, for as long as an access token of theirs may live.
CREATE TABLE ended_sessions (
  session_id INTEGER PRIMARY KEY,
  ended_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX ended_sessions_by_time ON ended_sessions (ended_at);

CREATE TABLE chats (
  id               INTEGER PRIMARY KEY,
  type             INTEGER NOT NULL,
  name             TEXT NOT NULL,
  description      TEXT NOT NULL,
  created_at       INTEGER NOT NULL,
  first_seq        INTEGER NOT NULL,
  -- The head: how far the log has come. Folded in from message_log.
  last_seq         INTEGER NOT NULL,
  message_count    INTEGER NOT NULL,  -- of kind message, up to last_seq
  last_message_seq INTEGER NOT NULL,  -- the newest of kind message
  activity_id      INTEGER NOT NULL,  -- id of the newest entry
  updated_at       INTEGER NOT NULL,  -- time of the newest entry
  change_id        INTEGER NOT NULL   -- id of the newest entry or watermark movement
) STRICT;

CREATE TABLE direct_chats (
  low_user_id  INTEGER NOT NULL,
  high_user_id INTEGER NOT NULL,
  chat_id      INTEGER NOT NULL,
  PRIMARY KEY (low_user_id, high_user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE participants (
  chat_id        INTEGER NOT NULL,
  user_id        INTEGER NOT NULL,
  role           INTEGER NOT NULL,
  delivered_seq  INTEGER NOT NULL,  -- folded in from watermark_log
  read_seq       INTEGER NOT NULL,
  joined_at      INTEGER NOT NULL,
  joined_seq     INTEGER NOT NULL,  -- of the entry that brought them in first,
  entered_seq    INTEGER NOT NULL,  -- and last
  peer_id        INTEGER,           -- the other one of a direct chat
  muted_until    INTEGER,
  archived       INTEGER NOT NULL DEFAULT 0,
  pinned         INTEGER NOT NULL DEFAULT 0,
  left_seq       INTEGER,           -- with role left: the entry that took them out,
  left_change_id INTEGER,           -- its id,
  left_name      TEXT,              -- and what the chat was called then
  PRIMARY KEY (chat_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_by_user ON participants (user_id, chat_id);

-- The log of every chat, clustered the way it is read.
CREATE TABLE messages (
  chat_id       INTEGER NOT NULL,
  seq           INTEGER NOT NULL,
  id            INTEGER NOT NULL,
  kind          INTEGER NOT NULL,
  sender_id     INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  message_count INTEGER NOT NULL,  -- of kind message, this entry included
  type          INTEGER,
  content       TEXT,              -- or what a membership or settings entry says
  client_id     TEXT,
  edited_at     INTEGER,
  deleted_at    INTEGER,
  PRIMARY KEY (chat_id, seq)
) STRICT, WITHOUT ROWID;

-- Every entry again, in the order of acceptance: serves ids, replay after a crash, repeats.
CREATE TABLE message_log (
  id        INTEGER PRIMARY KEY,
  chat_id   INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  sender_id INTEGER NOT NULL,
  client_id TEXT
) STRICT;

-- Movements of watermarks that are not in participants yet. (Senders' own follow from message_log.)
CREATE TABLE watermark_log (
  id            INTEGER PRIMARY KEY,
  chat_id       INTEGER NOT NULL,
  user_id       INTEGER NOT NULL,
  delivered_seq INTEGER NOT NULL,
  read_seq      INTEGER NOT NULL
) STRICT;

-- Client message ids older than those kept in memory, by hash of (chat, sender, client id).
CREATE TABLE client_ids (
  hash INTEGER NOT NULL,
  id   INTEGER NOT NULL,
  PRIMARY KEY (hash, id)
) STRICT, WITHOUT ROWID;
