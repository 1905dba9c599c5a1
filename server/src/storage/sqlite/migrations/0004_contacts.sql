-- Who knows whom, who wants nothing to do with whom, and who may see what of whom.

CREATE TABLE contacts (
  user_id    INTEGER NOT NULL,
  contact_id INTEGER NOT NULL,
  name       TEXT,  -- as the user calls them
  favourite  INTEGER NOT NULL DEFAULT 0,
  added_at   INTEGER NOT NULL,
  PRIMARY KEY (user_id, contact_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_by_contact ON contacts (contact_id, user_id);

CREATE TABLE blocks (
  user_id    INTEGER NOT NULL,
  other_id   INTEGER NOT NULL,
  blocked_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, other_id)
) STRICT, WITHOUT ROWID;

-- Salts of which contact sync hashes phone numbers: the newest complete one, the one before it, and
-- perhaps one that is being made.
CREATE TABLE phone_salts (
  id       INTEGER PRIMARY KEY,
  salt     BLOB NOT NULL,
  made_at  INTEGER NOT NULL,
  complete INTEGER NOT NULL DEFAULT 0,
  up_to    INTEGER NOT NULL DEFAULT 0  -- numbers of users up to this one have been hashed
) STRICT;

-- SHA-256 of a salt and a verified phone number.
CREATE TABLE phone_hashes (
  salt_id INTEGER NOT NULL,
  hash    BLOB NOT NULL,
  user_id INTEGER NOT NULL,
  PRIMARY KEY (salt_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX phone_hashes_by_user ON phone_hashes (user_id);
CREATE INDEX users_with_number ON users (id) WHERE phone_verified = 1;

-- The words of display names, without case and accents.
CREATE VIRTUAL TABLE user_words USING fts5 (
  display_name, content = 'users', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE TRIGGER user_words_of_new AFTER INSERT ON users BEGIN
  INSERT INTO user_words (rowid, display_name) VALUES (new.id, new.display_name);
END;
CREATE TRIGGER user_words_of_renamed AFTER UPDATE OF display_name ON users
  WHEN old.display_name IS NOT new.display_name BEGIN
  INSERT INTO user_words (user_words, rowid, display_name)
    VALUES ('delete', old.id, old.display_name);
  INSERT INTO user_words (rowid, display_name) VALUES (new.id, new.display_name);
END;
CREATE TRIGGER user_words_of_gone AFTER DELETE ON users BEGIN
  INSERT INTO user_words (user_words, rowid, display_name)
    VALUES ('delete', old.id, old.display_name);
END;
INSERT INTO user_words (user_words) VALUES ('rebuild');

-- Who lets whom know, in their direct chat, what they have read. Ask it for a pair.
CREATE VIEW read_tellers AS SELECT u.id AS user_id, o.id AS other_id FROM users u, users o
WHERE u.read_receipts = 1 AND NOT EXISTS
  (SELECT 1 FROM privacy_exceptions WHERE user_id = u.id AND other_id = o.id);

-- Every user, beside everybody who may look at them: what User shows, and what decides how much of
-- it (storage/sqlite/people.h). Ask it for one viewer.
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
    AS both_tell_reads
FROM users o, users v;
