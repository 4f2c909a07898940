/** Version 3: a stack says how many programs were made of its step, how many of the process served again, and how long both took. */
import type { Migration } from './migration.ts'

export const programs: Migration = {
  version: 3,
  name: 'programs',
  sql: `
ALTER TABLE stacks ADD COLUMN programs_made INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stacks ADD COLUMN programs_reused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stacks ADD COLUMN programs_ms REAL NOT NULL DEFAULT 0;
DROP VIEW readable_stacks;
CREATE VIEW readable_stacks AS
  SELECT k.id, s.name AS study, k.position, k.shape_json AS shape, k.run_count, k.state, k.step, k.steps, k.device,
    k.checkpoint_step, round(k.training_ms / 1000, 3) AS training_seconds,
    k.programs_made, k.programs_reused, round(k.programs_ms / 1000, 3) AS program_seconds
  FROM stacks k JOIN studies s ON s.id = k.study_id;
`,
}
