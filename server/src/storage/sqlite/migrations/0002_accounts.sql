-- Accounts that people can rely on: more ways in, sessions that can be looked at, privacy.

ALTER TABLE users ADD COLUMN username_skeleton TEXT NOT NULL DEFAULT '';  -- user/username.h
ALTER TABLE users ADD COLUMN first_name TEXT;
ALTER TABLE users ADD COLUMN last_name TEXT;
ALTER TABLE users ADD COLUMN status_text TEXT;
ALTER TABLE users ADD COLUMN status_until INTEGER;
ALTER TABLE users ADD COLUMN language TEXT;
ALTER TABLE users ADD COLUMN public_key TEXT;
ALTER TABLE users ADD COLUMN identity_key TEXT;
ALTER TABLE users ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN phone_verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN role INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN suspended_at INTEGER;
ALTER TABLE users ADD COLUMN suspended_reason TEXT;
ALTER TABLE users ADD COLUMN deleted_at INTEGER;  -- anonymised: only chats still name them
ALTER TABLE users ADD COLUMN totp_secret BLOB;
ALTER TABLE users ADD COLUMN totp_step INTEGER;   -- the last one used; none while not confirmed
-- Privacy (model/privacy.h): an Audience each.
ALTER TABLE users ADD COLUMN last_seen_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN online_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN avatar_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN about_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN groups_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN read_receipts INTEGER NOT NULL DEFAULT 1;
CREATE INDEX users_by_skeleton ON users (username_skeleton);
UPDATE users SET username_skeleton = replace(replace(replace(replace(replace(replace(replace(
  username, '.', ''), '_', ''), '0', 'o'), '1', 'l'), 'i', 'l'), 'rn', 'm'), 'vv', 'w');

-- What User and Profile show, in the order in which rows are read.
CREATE VIEW profiles AS SELECT
  id, username, display_name, about, avatar_id, created_at, first_name, last_name, status_text,
  status_until,
  email, email_verified, phone_number, phone_verified, language, role,
  totp_step IS NOT NULL AS second_factor, password_hash <> '' AS has_password, public_key,
  identity_key,
  deleted_at
FROM users;

CREATE TABLE privacy_exceptions (
  user_id  INTEGER NOT NULL,
  other_id INTEGER NOT NULL,
  PRIMARY KEY (user_id, other_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE avatars (
  user_id    INTEGER PRIMARY KEY,
  avatar_id  INTEGER NOT NULL,
  bytes      BLOB NOT NULL,  -- WebP
  created_at INTEGER NOT NULL
) STRICT;

ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN platform TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET last_used_at = created_at;

-- Devices and networks that a user has signed in from before.
CREATE TABLE known_devices (
  user_id      INTEGER NOT NULL,
  fingerprint  BLOB NOT NULL,  -- of the kind of client
  network      TEXT NOT NULL,  -- the address without its last part
  last_used_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, fingerprint, network)
) STRICT, WITHOUT ROWID;

CREATE TABLE security_events (
  id         INTEGER PRIMARY KEY,
  user_id    INTEGER NOT NULL,
  kind       INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  address    TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX security_events_by_user ON security_events (user_id, id);

-- Codes sent to phone numbers: one at a time for each.
CREATE TABLE one_time_codes (
  phone_number TEXT PRIMARY KEY,
  hash         BLOB NOT NULL,  -- keyed (user/one_time_code.h)
  expires_at   INTEGER NOT NULL,
  tries_left   INTEGER NOT NULL,
  sent         INTEGER NOT NULL,  -- how often since the first of them,
  resend_at    INTEGER NOT NULL   -- and from when on it may be sent again
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_codes_by_expiry ON one_time_codes (expires_at);

-- What proves something once, later: links in mails, challenges, sign-ins under way at a provider.
CREATE TABLE one_time_secrets (
  hash       BLOB PRIMARY KEY,  -- SHA-256
  purpose    INTEGER NOT NULL,
  user_id    INTEGER,
  data       TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_secrets_by_expiry ON one_time_secrets (expires_at);
CREATE INDEX one_time_secrets_by_user ON one_time_secrets (user_id, purpose);

CREATE TABLE recovery_codes (
  user_id INTEGER NOT NULL,
  hash    BLOB NOT NULL,
  PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
  id            INTEGER PRIMARY KEY,
  user_id       INTEGER NOT NULL,
  credential_id BLOB NOT NULL UNIQUE,
  public_key    BLOB NOT NULL,  -- COSE
  sign_count    INTEGER NOT NULL,
  name          TEXT NOT NULL,
  created_at    INTEGER NOT NULL,
  last_used_at  INTEGER
) STRICT;
CREATE INDEX passkeys_by_user ON passkeys (user_id, id);

-- Who somebody is at a sign-in provider (OpenID Connect).
CREATE TABLE identities (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  user_id    INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user_id);
