-- Devices that can be woken, and how far their users were.

ALTER TABLE participants ADD COLUMN notified_seq INTEGER NOT NULL DEFAULT 0;

CREATE TABLE devices (
  id            INTEGER PRIMARY KEY,
  user_id       INTEGER NOT NULL,
  session_id    INTEGER NOT NULL,
  service       INTEGER NOT NULL,
  token         TEXT NOT NULL,
  p256dh        BLOB,
  auth          BLOB,
  sandbox       INTEGER NOT NULL,
  name          TEXT NOT NULL,
  platform      TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  last_push_at  INTEGER,
  UNIQUE (service, token)
) STRICT;
CREATE INDEX devices_by_user ON devices (user_id, id);
CREATE INDEX devices_by_session ON devices (session_id);
CREATE INDEX devices_by_time ON devices (registered_at);

-- What became of pushes, for the owner of the device.
CREATE TABLE push_log (
  id        INTEGER PRIMARY KEY,
  user_id   INTEGER NOT NULL,
  device_id INTEGER NOT NULL,
  service   INTEGER NOT NULL,
  reason    INTEGER NOT NULL,
  outcome   INTEGER NOT NULL,
  chat_id   INTEGER,
  why       TEXT,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX push_log_by_user ON push_log (user_id, id);

CREATE TABLE notification_settings (
  user_id      INTEGER PRIMARY KEY,
  preview      INTEGER NOT NULL,
  email_digest INTEGER NOT NULL,
  quiet_until  INTEGER,
  digest_at    INTEGER  -- when the last digest was mailed
) STRICT;

-- Who is away, and has not been thought about yet: for a digest by mail.
CREATE TABLE absences (
  user_id INTEGER PRIMARY KEY,
  since   INTEGER NOT NULL  -- when it began, or from when on it is to count
) STRICT;
CREATE INDEX absences_by_time ON absences (since, user_id);

-- What other systems are still to be told (delivery/outbox.h).
CREATE TABLE event_outbox (
  id          INTEGER PRIMARY KEY,
  exchange    INTEGER NOT NULL,
  routing_key TEXT NOT NULL,
  version     INTEGER NOT NULL,
  body        TEXT NOT NULL,
  at          INTEGER NOT NULL,
  traceparent TEXT
) STRICT;

-- Who was told online, and not offline since (delivery/status_log.h).
CREATE TABLE told_online (
  user_id INTEGER PRIMARY KEY,
  state   INTEGER NOT NULL  -- a PresenceState
) STRICT;

-- Who said that they are busy, and until when (delivery/busy_times.h); shown to whoever may see
-- them online.
ALTER TABLE users ADD COLUMN busy_until INTEGER;
DROP VIEW people;
CREATE VIEW people AS SELECT
  o.id, o.username, o.display_name, o.about, o.avatar_id, o.created_at, o.first_name, o.last_name,
  o.status_text, o.status_until,
  v.id AS viewer_id,
  o.deleted_at IS NOT NULL AS deleted,
  o.suspended_at IS NOT NULL AS suspended,
  EXISTS (SELECT 1 FROM blocks WHERE user_id = o.id AND other_id = v.id)
    OR EXISTS (SELECT 1 FROM blocks WHERE user_id = v.id AND other_id = o.id) AS blocked,
  EXISTS (SELECT 1 FROM privacy_exceptions WHERE user_id = o.id AND other_id = v.id) AS excepted,
  EXISTS (SELECT 1 FROM contacts WHERE user_id = o.id AND contact_id = v.id) AS known,
  o.last_seen_for, o.online_for, o.avatar_for, o.about_for, o.groups_for,
  EXISTS (SELECT 1 FROM read_tellers WHERE user_id = o.id AND other_id = v.id)
    AND EXISTS (SELECT 1 FROM read_tellers WHERE user_id = v.id AND other_id = o.id)
    AS both_tell_reads,
  o.busy_until
FROM users o, users v;

-- Which node does what one at a time does (delivery/leases.h).
CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  holder INTEGER NOT NULL,
  until  INTEGER NOT NULL
) STRICT;

-- Names that look alike are kept apart by a key. Of those that are alike since before there was a
-- rule, the oldest holds the place.
UPDATE users SET username_skeleton = '' WHERE EXISTS (SELECT 1 FROM users o
  WHERE o.username_skeleton = users.username_skeleton AND o.id < users.id);
DROP INDEX users_by_skeleton;
CREATE UNIQUE INDEX users_by_skeleton ON users (username_skeleton) WHERE username_skeleton <> '';

-- For what was looked for without an index.
CREATE INDEX blocks_by_other ON blocks (other_id);
CREATE INDEX privacy_exceptions_by_other ON privacy_exceptions (other_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE INDEX superseded_tokens_by_expiry ON superseded_tokens (expires_at);
CREATE INDEX dead_jobs ON jobs (id) WHERE dead = 1;
