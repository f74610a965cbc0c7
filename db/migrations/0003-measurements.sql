-- Measurements of real processes. One row says what was measured and how; its samples are snapshots.

CREATE TABLE measurements (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  plan_id INTEGER NOT NULL REFERENCES plans (id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  crc INTEGER NOT NULL,
  made_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX measurements_of_plan ON measurements (plan_id);

ALTER TABLE snapshots ADD COLUMN measurement_id INTEGER REFERENCES measurements (id) ON DELETE CASCADE;

CREATE INDEX snapshots_of_measurement ON snapshots (measurement_id, at_s);
