/**
 * The first schema. Ids are TEXT; `runs.number` is the run's place in the order of the plan, the key of what is kept per run, and
 * the last word in every sort. Series belong to stacks, because all runs of a stack record the same steps. A NULL in a REAL
 * column of a row that exists is NaN, which SQLite cannot hold; a value that was never recorded has no row.
 */
import type { Migration } from './migration.ts'

export const first: Migration = {
  version: 1,
  name: '0001-first',
  sql: `
CREATE TABLE studies (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  title_json TEXT NOT NULL,
  question_json TEXT NOT NULL,
  formula TEXT NOT NULL,
  resolved_text TEXT NOT NULL,
  resolved_json TEXT NOT NULL,
  summary_json TEXT NOT NULL,
  engine TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX studies_by_name ON studies (name);

CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('checkpoint', 'parameters', 'data', 'report')),
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE study_files (
  study_id TEXT NOT NULL REFERENCES studies (id),
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL REFERENCES artifacts (sha256),
  PRIMARY KEY (study_id, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_files_by_artifact ON study_files (sha256);

CREATE TABLE stacks (
  id TEXT PRIMARY KEY,
  study_id TEXT NOT NULL REFERENCES studies (id),
  position INTEGER NOT NULL,
  shape_json TEXT NOT NULL,
  run_count INTEGER NOT NULL CHECK (run_count > 0),
  steps INTEGER NOT NULL,
  step INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished', 'stopped', 'failed', 'interrupted')),
  device TEXT,
  versions_json TEXT NOT NULL DEFAULT '{}',
  checkpoint_sha256 TEXT REFERENCES artifacts (sha256),
  checkpoint_step INTEGER,
  parameters_sha256 TEXT REFERENCES artifacts (sha256),
  training_ms REAL NOT NULL DEFAULT 0,
  UNIQUE (study_id, position),
  CHECK ((checkpoint_sha256 IS NULL) = (checkpoint_step IS NULL))
) STRICT;

CREATE TABLE cells (
  study_id TEXT NOT NULL REFERENCES studies (id),
  id TEXT NOT NULL,
  levels_json TEXT NOT NULL,
  PRIMARY KEY (study_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cell_levels (
  study_id TEXT NOT NULL,
  factor TEXT NOT NULL,
  cell TEXT NOT NULL,
  value ANY,
  PRIMARY KEY (study_id, factor, cell),
  FOREIGN KEY (study_id, cell) REFERENCES cells (study_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  study_id TEXT NOT NULL,
  cell TEXT NOT NULL,
  stack_id TEXT NOT NULL REFERENCES stacks (id),
  lane INTEGER NOT NULL,
  replicate INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished', 'stopped', 'failed', 'interrupted')),
  outcome_kind TEXT CHECK (outcome_kind IN ('reached-last-step', 'diverged')),
  outcome_step INTEGER,
  outcome_place TEXT,
  reason TEXT,
  parameters_sha256 TEXT,
  started_ms INTEGER,
  ended_ms INTEGER,
  UNIQUE (stack_id, lane),
  FOREIGN KEY (study_id, cell) REFERENCES cells (study_id, id),
  CHECK ((outcome_kind IS 'diverged') = (outcome_step IS NOT NULL AND outcome_place IS NOT NULL)),
  CHECK ((state = 'finished') = (outcome_kind IS NOT NULL))
) STRICT;
CREATE INDEX runs_by_study ON runs (study_id);
CREATE INDEX runs_by_state ON runs (study_id, state);
CREATE INDEX runs_unended ON runs (state) WHERE state IN ('queued', 'running');

CREATE TABLE run_values (
  run_number INTEGER NOT NULL REFERENCES runs (number),
  metric TEXT NOT NULL,
  study_id TEXT NOT NULL,
  last REAL,
  least REAL,
  greatest REAL,
  PRIMARY KEY (run_number, metric)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_values_by_last ON run_values (study_id, metric, last, run_number);

CREATE TABLE series_chunks (
  number INTEGER PRIMARY KEY,
  stack_id TEXT NOT NULL REFERENCES stacks (id),
  metric TEXT NOT NULL,
  format INTEGER NOT NULL,
  first_row INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  lane_count INTEGER NOT NULL,
  first_step REAL NOT NULL,
  last_step REAL NOT NULL,
  steps BLOB,
  data BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (stack_id, metric, first_row)
) STRICT;

CREATE TABLE vectors (
  run_id TEXT NOT NULL REFERENCES runs (id),
  name TEXT NOT NULL CHECK (name IN ('measured', 'predicted', 'margin')),
  names_json TEXT NOT NULL,
  data BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE predictions (
  study_id TEXT NOT NULL REFERENCES studies (id),
  metric TEXT NOT NULL,
  oracle TEXT NOT NULL,
  cell TEXT NOT NULL,
  replicate INTEGER NOT NULL,
  value REAL,
  PRIMARY KEY (study_id, metric, oracle, cell, replicate)
) STRICT, WITHOUT ROWID;

CREATE VIEW readable_studies AS
  SELECT id, name, hash, title_json ->> '$.en' AS title, engine, datetime(created_ms / 1000, 'unixepoch') AS created FROM studies;
CREATE VIEW readable_artifacts AS
  SELECT substr(sha256, 1, 2) || '/' || substr(sha256, 3) AS file, kind, bytes, datetime(created_ms / 1000, 'unixepoch') AS created FROM artifacts;
CREATE VIEW readable_study_files AS
  SELECT s.name AS study, f.path, f.sha256 FROM study_files f JOIN studies s ON s.id = f.study_id;
CREATE VIEW readable_stacks AS
  SELECT k.id, s.name AS study, k.position, k.shape_json AS shape, k.run_count, k.state, k.step, k.steps, k.device,
    k.checkpoint_step, round(k.training_ms / 1000, 3) AS training_seconds
  FROM stacks k JOIN studies s ON s.id = k.study_id;
CREATE VIEW readable_cells AS
  SELECT s.name AS study, c.id, (SELECT group_concat((value ->> '$.factor') || ' = ' || (value ->> '$.label'), ', ') FROM json_each(c.levels_json)) AS levels
  FROM cells c JOIN studies s ON s.id = c.study_id;
CREATE VIEW readable_cell_levels AS
  SELECT s.name AS study, l.cell, l.factor, l.value FROM cell_levels l JOIN studies s ON s.id = l.study_id;
CREATE VIEW readable_runs AS
  SELECT r.id, s.name AS study, r.cell, r.replicate, r.state,
    CASE r.outcome_kind WHEN 'diverged' THEN 'diverged at step ' || r.outcome_step || ', ' || r.outcome_place ELSE r.outcome_kind END AS outcome,
    r.reason, datetime(r.started_ms / 1000, 'unixepoch') AS started, datetime(r.ended_ms / 1000, 'unixepoch') AS ended
  FROM runs r JOIN studies s ON s.id = r.study_id;
CREATE VIEW readable_run_values AS
  SELECT r.id AS run, v.metric, ifnull(v.last, 'NaN') AS last, v.least, v.greatest FROM run_values v JOIN runs r ON r.number = v.run_number;
CREATE VIEW readable_series_chunks AS
  SELECT stack_id AS stack, metric, first_row, row_count, lane_count, first_step, last_step, length(data) AS bytes FROM series_chunks;
CREATE VIEW readable_vectors AS
  SELECT run_id AS run, name, length(data) / 8 AS entries FROM vectors;
CREATE VIEW readable_predictions AS
  SELECT s.name AS study, p.metric, p.oracle, p.cell, p.replicate, ifnull(p.value, 'NaN') AS value FROM predictions p JOIN studies s ON s.id = p.study_id;
`,
}
