-- What people report, what operators do, and who may make an account.

CREATE TABLE reports (
  id          INTEGER PRIMARY KEY,
  reporter_id INTEGER NOT NULL,
  user_id     INTEGER NOT NULL,
  chat_id     INTEGER,
  message_id  INTEGER,
  reason      INTEGER NOT NULL,
  comment     TEXT,
  evidence    TEXT,              -- the message as it read when it was reported
  state       INTEGER NOT NULL,
  created_at  INTEGER NOT NULL,
  handled_by  INTEGER,
  handled_at  INTEGER,
  note        TEXT
) STRICT;
CREATE INDEX reports_by_state ON reports (state, id);
CREATE INDEX open_reports ON reports (reporter_id, user_id, message_id) WHERE state = 0;

-- Everything operators did and looked at. Rows are added, and stay as they are.
CREATE TABLE audit_log (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  actor_id   INTEGER NOT NULL,
  actor_name TEXT NOT NULL,     -- as they were called then
  action     TEXT NOT NULL,
  subject_id INTEGER,           -- the user it was about
  address    TEXT NOT NULL,
  detail     TEXT
) STRICT;
CREATE INDEX audit_log_by_actor ON audit_log (actor_id, id);
CREATE INDEX audit_log_by_subject ON audit_log (subject_id, id);
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN
  SELECT raise(ABORT, 'the audit log is only added to');
END;
CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
  SELECT raise(ABORT, 'the audit log is only added to');
END;
-- INSERT OR REPLACE deletes without telling the trigger above.
CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = new.id)
BEGIN
  SELECT raise(ABORT, 'the audit log is only added to');
END;

-- Tokens that let somebody make an account while registration asks for an invite.
CREATE TABLE invites (
  id         INTEGER PRIMARY KEY,
  hash       BLOB NOT NULL UNIQUE,  -- SHA-256 of the token
  uses       INTEGER NOT NULL,
  used       INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

-- What a member of a group may do without being its admin (model/message.h): bits.
ALTER TABLE participants ADD COLUMN permissions INTEGER NOT NULL DEFAULT 1;

CREATE INDEX users_with_a_role ON users (role, id) WHERE role <> 0;
CREATE INDEX suspended_users ON users (id) WHERE suspended_at IS NOT NULL;
