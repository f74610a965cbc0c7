-- What runs came to. One row holds the summary, one row each curve: values as packed little-endian doubles, times
-- once for all curves of the run.

CREATE TABLE runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan_id INTEGER REFERENCES plans (id) ON DELETE CASCADE,
  revision INTEGER,
  title TEXT NOT NULL,
  scenario TEXT NOT NULL,
  scenario_crc INTEGER NOT NULL,
  summary TEXT NOT NULL,
  summary_crc INTEGER NOT NULL,
  points INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  times BLOB NOT NULL,
  times_crc INTEGER NOT NULL,
  kept INTEGER NOT NULL CHECK (kept IN (0, 1)),
  made_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX runs_of_plan ON runs (plan_id, kept, id);

CREATE TABLE series (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  unit TEXT NOT NULL CHECK (unit IN ('bytes', 'count', 'per-second', 'ns-per-second', 'share')),
  trust TEXT NOT NULL CHECK (trust IN ('exact', 'expected', 'estimated')),
  shape TEXT NOT NULL CHECK (shape IN ('level', 'rate')),
  crc INTEGER NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (run_id, place)
) STRICT;

CREATE TABLE snapshots (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run_id INTEGER REFERENCES runs (id) ON DELETE CASCADE,
  plan_id INTEGER REFERENCES plans (id) ON DELETE CASCADE,
  origin TEXT NOT NULL CHECK (origin IN ('simulated', 'measured')),
  title TEXT NOT NULL,
  at_s REAL NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  made_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX snapshots_of_run ON snapshots (run_id, at_s);
CREATE INDEX snapshots_of_plan ON snapshots (plan_id);
