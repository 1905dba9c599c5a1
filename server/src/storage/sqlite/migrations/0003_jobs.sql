-- What is to be done after the answer (delivery/jobs.h).
CREATE TABLE jobs (
  id       INTEGER PRIMARY KEY,
  kind     TEXT NOT NULL,
  payload  TEXT NOT NULL,
  key      TEXT,
  due      INTEGER NOT NULL,            -- while it is taken: the end of the lease
  taken    INTEGER NOT NULL DEFAULT 0,
  attempt  INTEGER NOT NULL DEFAULT 0,  -- how often it has been taken
  dead     INTEGER NOT NULL DEFAULT 0,
  why      TEXT
) STRICT;
CREATE INDEX jobs_by_due ON jobs (kind, due) WHERE dead = 0;
CREATE INDEX jobs_by_key ON jobs (kind, key) WHERE key IS NOT NULL;
