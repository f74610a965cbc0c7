-- What people own: machines, kernels, cost tables, settings, and plans with every revision of them.
-- Text that the program wrote as a whole carries its CRC-32, so that a flipped bit is found when it is read.

CREATE TABLE settings (
  key TEXT PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 200),
  value TEXT NOT NULL CHECK (json_valid(value)),
  changed_ms INTEGER NOT NULL
) STRICT;

-- How often each kind of thing was written: what another window asks after the file has changed.
CREATE TABLE changes (
  noun TEXT PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE machines (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  profile TEXT NOT NULL,
  crc INTEGER NOT NULL,
  kernel TEXT CHECK (kernel IS NULL OR json_valid(kernel)),
  origin TEXT NOT NULL CHECK (origin IN ('typed', 'probed', 'imported', 'template')),
  note TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE kernels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL,
  base TEXT NOT NULL,
  plus TEXT NOT NULL CHECK (json_type(plus) = 'array'),
  minus TEXT NOT NULL CHECK (json_type(minus) = 'array'),
  note TEXT NOT NULL,
  changed_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE cost_tables (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 200),
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  provenance TEXT NOT NULL CHECK (provenance IN ('measured', 'published', 'computed', 'assumed')),
  source TEXT NOT NULL,
  program TEXT NOT NULL,
  machine_id INTEGER REFERENCES machines (id) ON DELETE SET NULL,
  made_ms INTEGER NOT NULL
) STRICT;

-- position: the number of the revision that is shown. last_number is never given again, so that a number names
-- one text for ever, even after undo and a new edit.
CREATE TABLE plans (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  position INTEGER NOT NULL,
  last_number INTEGER NOT NULL,
  made_ms INTEGER NOT NULL,
  edited_ms INTEGER NOT NULL,
  trashed_ms INTEGER
) STRICT;

CREATE TABLE revisions (
  id INTEGER PRIMARY KEY,
  plan_id INTEGER NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  name TEXT NOT NULL,
  label TEXT NOT NULL,
  gesture TEXT,
  bytes INTEGER NOT NULL,
  made_ms INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (plan_id, number)
) STRICT;

CREATE INDEX revision_sizes ON revisions (plan_id, number, bytes);
CREATE INDEX cost_tables_of_machine ON cost_tables (machine_id);
