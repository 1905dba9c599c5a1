-- People, on PostgreSQL: the tables that SQLite's migrations make, with the same names and columns,
-- so that what the folder `sql` says is understood here too. Times are milliseconds since 1970, ids
-- 64-bit and ascending with time. Truth values are 0 and 1.

CREATE TABLE store_meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- Changes when the store is replaced by another one, so that clients start over.
INSERT INTO store_meta VALUES ('epoch', replace(gen_random_uuid()::text, '-', ''));

CREATE TABLE users (
  id                BIGINT PRIMARY KEY,
  username          TEXT COLLATE "C" NOT NULL UNIQUE,
  display_name      TEXT NOT NULL,
  about             TEXT NOT NULL DEFAULT '',
  avatar_id         BIGINT,
  email             TEXT COLLATE "C" UNIQUE,
  phone_number      TEXT COLLATE "C" UNIQUE,
  password_hash     TEXT NOT NULL,
  created_at        BIGINT NOT NULL,
  last_seen_at      BIGINT,
  username_skeleton TEXT COLLATE "C" NOT NULL DEFAULT '',  -- user/username.h
  first_name        TEXT,
  last_name         TEXT,
  status_text       TEXT,
  status_until      BIGINT,
  language          TEXT,
  public_key        TEXT,
  identity_key      TEXT,
  email_verified    BIGINT NOT NULL DEFAULT 0,
  phone_verified    BIGINT NOT NULL DEFAULT 0,
  role              BIGINT NOT NULL DEFAULT 0,
  suspended_at      BIGINT,
  suspended_reason  TEXT,
  deleted_at        BIGINT,  -- anonymised: only chats still name them
  totp_secret       BYTEA,
  totp_step         BIGINT,  -- the last one used; none while not confirmed
  -- Privacy (model/privacy.h): an Audience each.
  last_seen_for     BIGINT NOT NULL DEFAULT 0,
  online_for        BIGINT NOT NULL DEFAULT 0,
  avatar_for        BIGINT NOT NULL DEFAULT 0,
  about_for         BIGINT NOT NULL DEFAULT 0,
  groups_for        BIGINT NOT NULL DEFAULT 0,
  read_receipts     BIGINT NOT NULL DEFAULT 1,
  busy_until        BIGINT  -- they said so themselves (delivery/busy_times.h)
) WITH (fillfactor = 80);
-- Keeps names apart that look alike. Some of old stores are alike; one of them holds the place.
CREATE UNIQUE INDEX users_by_skeleton ON users (username_skeleton) WHERE username_skeleton <> '';
CREATE INDEX users_with_number ON users (id) WHERE phone_verified = 1;
CREATE INDEX users_with_a_role ON users (role, id) WHERE role <> 0;
CREATE INDEX suspended_users ON users (id) WHERE suspended_at IS NOT NULL;

-- What User and Profile show, in the order in which rows are read.
CREATE VIEW profiles AS SELECT
  id, username, display_name, about, avatar_id, created_at, first_name, last_name, status_text,
  status_until,
  email, email_verified, phone_number, phone_verified, language, role,
  totp_step IS NOT NULL AS second_factor, password_hash <> '' AS has_password, public_key,
  identity_key,
  deleted_at
FROM users;

-- The words of display names, without case and accents; prefixes are looked for.
CREATE FUNCTION folded_words(name TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_split_to_array(
    trim(regexp_replace(regexp_replace(normalize(lower(name), NFKD), '[\u0300-\u036f]', '', 'g'),
                        '[^[:alnum:]]+', ' ', 'g')), ' +')
$$;
CREATE TABLE user_words (
  user_id BIGINT NOT NULL,
  place   BIGINT NOT NULL,
  word    TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (user_id, place)
);
CREATE INDEX user_words_by_word ON user_words (word, user_id);
-- Whose name has these words in a row; the last one may go on where `more` says so.
CREATE FUNCTION people_named(phrase TEXT, more BOOLEAN) RETURNS SETOF BIGINT
LANGUAGE sql STABLE ROWS 1 AS $$
  SELECT w.user_id
  FROM (SELECT folded_words(phrase) AS words) typed, user_words w
  WHERE (w.word = words[cardinality(words)]
      OR (more AND w.word >= words[cardinality(words)]
               AND w.word < words[cardinality(words)] || chr(1114111)))
    AND words[1] <> ''
    AND NOT EXISTS (
      SELECT 1 FROM generate_series(1, cardinality(words) - 1) AS i
      WHERE NOT EXISTS (
        SELECT 1 FROM user_words o
        WHERE o.user_id = w.user_id AND o.place = w.place - cardinality(words) + i
          AND o.word = words[i]))
$$;
CREATE FUNCTION instr(text TEXT, part TEXT) RETURNS INTEGER LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT strpos(text, part) $$;
-- The members of a JSON object of numbers, for statements that are asked about many rows at once
-- (storage/sql/pairs.h). SQLite has it.
-- STRICT and ROWS 1 have every plan begin with it and look the rest up by index. It would be made a
-- part of the statement otherwise, and believed to be long: among the few rows of a young store the
-- planner begins with the other table, and keeps to that when it has grown.
CREATE FUNCTION json_each(pairs TEXT) RETURNS TABLE (key BIGINT, value BIGINT)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1
AS $$ SELECT CAST(j.key AS BIGINT), CAST(j.value AS BIGINT)
      FROM json_each_text(CAST(pairs AS JSON)) j $$;
-- The members of a JSON array of texts, likewise.
CREATE FUNCTION json_tree(texts TEXT) RETURNS TABLE (atom TEXT)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 1
AS $$ SELECT j.value FROM json_array_elements_text(CAST(texts AS JSON)) j $$;
CREATE FUNCTION keep_user_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM user_words WHERE user_id = old.id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO user_words SELECT new.id, w.place, left(w.word, 64)
      FROM unnest(folded_words(new.display_name)) WITH ORDINALITY AS w (word, place)
      WHERE w.word <> '';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER user_words_kept AFTER INSERT OR DELETE ON users
  FOR EACH ROW EXECUTE FUNCTION keep_user_words();
CREATE TRIGGER user_words_kept_on_change AFTER UPDATE OF display_name ON users
  FOR EACH ROW WHEN (old.display_name IS DISTINCT FROM new.display_name)
  EXECUTE FUNCTION keep_user_words();

CREATE TABLE privacy_exceptions (
  user_id  BIGINT NOT NULL,
  other_id BIGINT NOT NULL,
  PRIMARY KEY (user_id, other_id)
);
CREATE INDEX privacy_exceptions_by_other ON privacy_exceptions (other_id);

CREATE TABLE avatars (
  user_id    BIGINT PRIMARY KEY,
  avatar_id  BIGINT NOT NULL,
  bytes      BYTEA NOT NULL,  -- WebP
  created_at BIGINT NOT NULL
);
ALTER TABLE avatars ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Sign-ins that have not ended.
CREATE TABLE sessions (
  id           BIGINT PRIMARY KEY,
  user_id      BIGINT NOT NULL,
  refresh_hash BYTEA NOT NULL UNIQUE,
  address      TEXT NOT NULL,
  user_agent   TEXT NOT NULL,
  browser      BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL,
  device       TEXT NOT NULL DEFAULT '',
  platform     TEXT NOT NULL DEFAULT '',
  last_used_at BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Refresh tokens that were exchanged: whoever shows one again has stolen or copied it.
CREATE TABLE superseded_tokens (
  refresh_hash BYTEA PRIMARY KEY,
  session_id   BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL
);
CREATE INDEX superseded_tokens_by_session ON superseded_tokens (session_id, expires_at);
CREATE INDEX superseded_tokens_by_expiry ON superseded_tokens (expires_at);

-- Sign-ins that have ended, for as long as an access token of theirs may live.
CREATE TABLE ended_sessions (
  session_id BIGINT PRIMARY KEY,
  ended_at   BIGINT NOT NULL
);
CREATE INDEX ended_sessions_by_time ON ended_sessions (ended_at);

-- Devices and networks that a user has signed in from before.
CREATE TABLE known_devices (
  user_id      BIGINT NOT NULL,
  fingerprint  BYTEA NOT NULL,  -- of the kind of client
  network      TEXT NOT NULL,   -- the address without its last part
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, fingerprint, network)
);

CREATE TABLE security_events (
  id         BIGINT PRIMARY KEY,
  user_id    BIGINT NOT NULL,
  kind       BIGINT NOT NULL,
  at         BIGINT NOT NULL,
  address    TEXT NOT NULL,
  user_agent TEXT NOT NULL
);
CREATE INDEX security_events_by_user ON security_events (user_id, id);

-- Codes sent to phone numbers: one at a time for each.
CREATE TABLE one_time_codes (
  phone_number TEXT COLLATE "C" PRIMARY KEY,  -- as in users, to be looked up by that
  hash         BYTEA NOT NULL,   -- keyed (user/one_time_code.h)
  expires_at   BIGINT NOT NULL,
  tries_left   BIGINT NOT NULL,
  sent         BIGINT NOT NULL,  -- how often since the first of them,
  resend_at    BIGINT NOT NULL   -- and from when on it may be sent again
);
CREATE INDEX one_time_codes_by_expiry ON one_time_codes (expires_at);

-- What proves something once, later: links in mails, challenges, sign-ins under way at a provider.
CREATE TABLE one_time_secrets (
  hash       BYTEA PRIMARY KEY,  -- SHA-256
  purpose    BIGINT NOT NULL,
  user_id    BIGINT,
  data       TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX one_time_secrets_by_expiry ON one_time_secrets (expires_at);
CREATE INDEX one_time_secrets_by_user ON one_time_secrets (user_id, purpose);

CREATE TABLE recovery_codes (
  user_id BIGINT NOT NULL,
  hash    BYTEA NOT NULL,
  PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
  id            BIGINT PRIMARY KEY,
  user_id       BIGINT NOT NULL,
  credential_id BYTEA NOT NULL UNIQUE,
  public_key    BYTEA NOT NULL,  -- COSE
  sign_count    BIGINT NOT NULL,
  name          TEXT NOT NULL,
  created_at    BIGINT NOT NULL,
  last_used_at  BIGINT
);
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Who somebody is at a sign-in provider (OpenID Connect).
CREATE TABLE identities (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  user_id    BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_by_user ON identities (user_id);

-- What is to be done after the answer (delivery/jobs.h).
CREATE TABLE jobs (
  id      BIGINT PRIMARY KEY,
  kind    TEXT NOT NULL,
  payload TEXT NOT NULL,
  key     TEXT,
  due     BIGINT NOT NULL,            -- while it is taken: the end of the lease
  taken   BIGINT NOT NULL DEFAULT 0,
  attempt BIGINT NOT NULL DEFAULT 0,  -- how often it has been taken
  dead    BIGINT NOT NULL DEFAULT 0,
  why     TEXT
);
CREATE INDEX jobs_by_due ON jobs (kind, due) WHERE dead = 0;
CREATE INDEX jobs_by_key ON jobs (kind, key) WHERE key IS NOT NULL;
CREATE INDEX dead_jobs ON jobs (id) WHERE dead = 1;

-- What other systems are still to be told (delivery/outbox.h).
CREATE TABLE event_outbox (
  id          BIGINT PRIMARY KEY,
  exchange    BIGINT NOT NULL,
  routing_key TEXT NOT NULL,
  version     BIGINT NOT NULL,
  body        TEXT NOT NULL,
  at          BIGINT NOT NULL,
  traceparent TEXT
);

-- Who was told online, and not offline since (delivery/status_log.h).
CREATE TABLE told_online (
  user_id BIGINT PRIMARY KEY,
  state   BIGINT NOT NULL  -- a PresenceState
);

-- Which node does what one at a time does (delivery/leases.h).
CREATE TABLE leases (
  name   TEXT PRIMARY KEY,
  holder BIGINT NOT NULL,
  until  BIGINT NOT NULL
);

-- Who knows whom, who wants nothing to do with whom, and who may see what of whom.
CREATE TABLE contacts (
  user_id    BIGINT NOT NULL,
  contact_id BIGINT NOT NULL,
  name       TEXT,  -- as the user calls them
  favourite  BIGINT NOT NULL DEFAULT 0,
  added_at   BIGINT NOT NULL,
  PRIMARY KEY (user_id, contact_id)
);
CREATE INDEX contacts_by_contact ON contacts (contact_id, user_id);

CREATE TABLE blocks (
  user_id    BIGINT NOT NULL,
  other_id   BIGINT NOT NULL,
  blocked_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, other_id)
);
CREATE INDEX blocks_by_other ON blocks (other_id);

-- Salts of which contact sync hashes phone numbers: the newest complete one, the one before it, and
-- perhaps one that is being made.
CREATE TABLE phone_salts (
  id       BIGINT PRIMARY KEY,
  salt     BYTEA NOT NULL,
  made_at  BIGINT NOT NULL,
  complete BIGINT NOT NULL DEFAULT 0,
  up_to    BIGINT NOT NULL DEFAULT 0  -- numbers of users up to this one have been hashed
);

-- SHA-256 of a salt and a verified phone number.
CREATE TABLE phone_hashes (
  salt_id BIGINT NOT NULL,
  hash    BYTEA NOT NULL,
  user_id BIGINT NOT NULL,
  PRIMARY KEY (salt_id, hash)
);
CREATE INDEX phone_hashes_by_user ON phone_hashes (user_id);

-- Who lets whom know, in their direct chat, what they have read. Ask it for a pair.
CREATE VIEW read_tellers AS SELECT u.id AS user_id, o.id AS other_id FROM users u, users o
WHERE u.read_receipts = 1 AND NOT EXISTS
  (SELECT 1 FROM privacy_exceptions WHERE user_id = u.id AND other_id = o.id);

-- Every user, beside everybody who may look at them: what User shows, and what decides how much of
-- it (storage/sql/people.h). Ask it for one viewer.
-- OFFSET 0 has each of the small questions asked for the pair alone: without it, PostgreSQL may
-- answer them for all pairs of users first, and keep that in memory.
CREATE VIEW people AS SELECT
  o.id, o.username, o.display_name, o.about, o.avatar_id, o.created_at, o.first_name, o.last_name,
  o.status_text, o.status_until,
  v.id AS viewer_id,
  o.deleted_at IS NOT NULL AS deleted,
  o.suspended_at IS NOT NULL AS suspended,
  EXISTS (SELECT 1 FROM blocks WHERE user_id = o.id AND other_id = v.id OFFSET 0)
    OR EXISTS (SELECT 1 FROM blocks WHERE user_id = v.id AND other_id = o.id OFFSET 0) AS blocked,
  EXISTS (SELECT 1 FROM privacy_exceptions WHERE user_id = o.id AND other_id = v.id OFFSET 0)
    AS excepted,
  EXISTS (SELECT 1 FROM contacts WHERE user_id = o.id AND contact_id = v.id OFFSET 0) AS known,
  o.last_seen_for, o.online_for, o.avatar_for, o.about_for, o.groups_for,
  EXISTS (SELECT 1 FROM read_tellers WHERE user_id = o.id AND other_id = v.id OFFSET 0)
    AND EXISTS (SELECT 1 FROM read_tellers WHERE user_id = v.id AND other_id = o.id OFFSET 0)
    AS both_tell_reads,
  o.busy_until
FROM users o, users v;

CREATE TABLE reports (
  id          BIGINT PRIMARY KEY,
  reporter_id BIGINT NOT NULL,
  user_id     BIGINT NOT NULL,
  chat_id     BIGINT,
  message_id  BIGINT,
  reason      BIGINT NOT NULL,
  comment     TEXT,
  evidence    BYTEA,  -- the message as it read when it was reported
  state       BIGINT NOT NULL,
  created_at  BIGINT NOT NULL,
  handled_by  BIGINT,
  handled_at  BIGINT,
  note        TEXT
);
CREATE INDEX reports_by_state ON reports (state, id);
CREATE INDEX open_reports ON reports (reporter_id, user_id, message_id) WHERE state = 0;

-- Everything operators did and looked at. Rows are added, and stay as they are.
CREATE TABLE audit_log (
  id         BIGINT PRIMARY KEY,
  at         BIGINT NOT NULL,
  actor_id   BIGINT NOT NULL,
  actor_name TEXT NOT NULL,  -- as they were called then
  action     TEXT NOT NULL,
  subject_id BIGINT,         -- the user it was about
  address    TEXT NOT NULL,
  detail     TEXT
);
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, id);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only added to';
END
$$;
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Tokens that let somebody make an account while registration asks for an invite.
CREATE TABLE invites (
  id         BIGINT PRIMARY KEY,
  hash       BYTEA NOT NULL UNIQUE,  -- SHA-256 of the token
  uses       BIGINT NOT NULL,
  used       BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- Devices that can be woken.
CREATE TABLE devices (
  id            BIGINT PRIMARY KEY,
  user_id       BIGINT NOT NULL,
  session_id    BIGINT NOT NULL,
  service       BIGINT NOT NULL,
  token         TEXT NOT NULL,
  p256dh        BYTEA,
  auth          BYTEA,
  sandbox       BIGINT NOT NULL,
  name          TEXT NOT NULL,
  platform      TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  last_push_at  BIGINT,
  UNIQUE (service, token)
);
CREATE INDEX devices_by_user ON devices (user_id, id);
CREATE INDEX devices_by_session ON devices (session_id);
CREATE INDEX devices_by_time ON devices (registered_at);

-- What became of pushes, for the owner of the device.
CREATE TABLE push_log (
  id        BIGINT PRIMARY KEY,
  user_id   BIGINT NOT NULL,
  device_id BIGINT NOT NULL,
  service   BIGINT NOT NULL,
  reason    BIGINT NOT NULL,
  outcome   BIGINT NOT NULL,
  chat_id   BIGINT,
  why       TEXT,
  at        BIGINT NOT NULL
);
CREATE INDEX push_log_by_user ON push_log (user_id, id);

CREATE TABLE notification_settings (
  user_id      BIGINT PRIMARY KEY,
  preview      BIGINT NOT NULL,
  email_digest BIGINT NOT NULL,
  quiet_until  BIGINT,
  digest_at    BIGINT  -- when the last digest was mailed
);

-- Who is away, and has not been thought about yet: for a digest by mail.
CREATE TABLE absences (
  user_id BIGINT PRIMARY KEY,
  since   BIGINT NOT NULL  -- when it began, or from when on it is to count
);
CREATE INDEX absences_by_time ON absences (since, user_id);
