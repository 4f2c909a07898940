/** Version 2: a run may be stopped by a gate of its study. SQLite cannot change a table's rules, so the table of runs is made anew and filled. */
import type { Migration } from './migration.ts'

const kept = `number, id, study_id, cell, stack_id, lane, replicate, state, outcome_kind, outcome_step, outcome_place, reason, parameters_sha256,
  started_ms, ended_ms`

export const stoppedByGate: Migration = {
  version: 2,
  name: 'stopped-by-gate',
  sql: `
DROP VIEW readable_runs;
DROP VIEW readable_run_values;
CREATE TABLE runs_made_anew (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  study_id TEXT NOT NULL,
  cell TEXT NOT NULL,
  stack_id TEXT NOT NULL REFERENCES stacks (id),
  lane INTEGER NOT NULL,
  replicate INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'finished', 'stopped', 'failed', 'interrupted')),
  outcome_kind TEXT CHECK (outcome_kind IN ('reached-last-step', 'diverged', 'stopped-by-gate')),
  outcome_step INTEGER,
  outcome_place TEXT,
  outcome_gate INTEGER,
  reason TEXT,
  parameters_sha256 TEXT,
  started_ms INTEGER,
  ended_ms INTEGER,
  UNIQUE (stack_id, lane),
  FOREIGN KEY (study_id, cell) REFERENCES cells (study_id, id),
  CHECK ((outcome_step IS NOT NULL) = (outcome_kind IS 'diverged' OR outcome_kind IS 'stopped-by-gate')),
  CHECK ((outcome_place IS NOT NULL) = (outcome_kind IS 'diverged')),
  CHECK ((outcome_gate IS NOT NULL) = (outcome_kind IS 'stopped-by-gate')),
  CHECK ((state = 'finished') = (outcome_kind IS NOT NULL))
) STRICT;
INSERT INTO runs_made_anew (${kept}) SELECT ${kept} FROM runs;
DROP TABLE runs;
ALTER TABLE runs_made_anew RENAME TO runs;
CREATE INDEX runs_by_study ON runs (study_id);
CREATE INDEX runs_by_state ON runs (study_id, state);
CREATE INDEX runs_unended ON runs (state) WHERE state IN ('queued', 'running');
CREATE VIEW readable_runs AS
  SELECT r.id, s.name AS study, r.cell, r.replicate, r.state,
    CASE r.outcome_kind
      WHEN 'diverged' THEN 'diverged at step ' || r.outcome_step || ', ' || r.outcome_place
      WHEN 'stopped-by-gate' THEN 'stopped at step ' || r.outcome_step || ' by gate ' || r.outcome_gate
      ELSE r.outcome_kind END AS outcome,
    r.reason, datetime(r.started_ms / 1000, 'unixepoch') AS started, datetime(r.ended_ms / 1000, 'unixepoch') AS ended
  FROM runs r JOIN studies s ON s.id = r.study_id;
CREATE VIEW readable_run_values AS
  SELECT r.id AS run, v.metric, ifnull(v.last, 'NaN') AS last, v.least, v.greatest FROM run_values v JOIN runs r ON r.number = v.run_number;
`,
}
