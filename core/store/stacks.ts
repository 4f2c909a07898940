/** Stacks: the runs that train together. A stack and its runs change their states together, in one transaction. */
import { Refusal, assert } from '#core/contract/errors.ts'
import type { RunState } from '#core/contract/runs.ts'
import type { Json } from '#core/contract/values.ts'
import { truncateSeries } from './series.ts'
import { numberOf, query, transact, type Readable, type Writable } from './statements.ts'

export type Checkpoint = { readonly sha256: string; readonly step: number }

export type Stack = {
  readonly id: string
  readonly study: string
  readonly position: number
  readonly shape: Json
  readonly runs: number
  readonly steps: number
  readonly step: number // made safe
  readonly state: RunState
  readonly device: string | null
  readonly versions: Readonly<Record<string, string>>
  readonly checkpoint: Checkpoint | null
  readonly parametersSha256: string | null // the artifact with the final tensors
  readonly trainingMs: number // over all its jobs, the programs' making in it
  readonly programs: Programs // over all its jobs
}

/** Programs made of a stack's step, ones of the process that served again, and the time of both. */
export type Programs = { readonly made: number; readonly reused: number; readonly ms: number }
export const noPrograms: Programs = { made: 0, reused: 0, ms: 0 }

const columns = `id, study_id AS study, position, shape_json AS shape, run_count AS runs, steps, step, state, device, versions_json AS versions,
  checkpoint_sha256 AS checkpointSha256, checkpoint_step AS checkpointStep, parameters_sha256 AS parametersSha256, training_ms AS trainingMs,
  programs_made AS programsMade, programs_reused AS programsReused, programs_ms AS programsMs`

type StackRow = Omit<Stack, 'shape' | 'versions' | 'checkpoint' | 'programs'> & {
  readonly shape: string
  readonly versions: string
  readonly checkpointSha256: string | null
  readonly checkpointStep: number | null
  readonly programsMade: number
  readonly programsReused: number
  readonly programsMs: number
}

/** The stacks of a study, in the order of its plan. */
export function readStacks(db: Readable, study: string): readonly Stack[] {
  return query<StackRow>(db, `SELECT ${columns} FROM stacks WHERE study_id = :study ORDER BY position`).all({ study }).map(toStack)
}

/** One stack. Refuses an unknown id. */
export function readStack(db: Readable, id: string): Stack {
  const row = query<StackRow>(db, `SELECT ${columns} FROM stacks WHERE id = :id`).get({ id })
  if (row === undefined) throw new Refusal('not-found', `stack: expected a stack of this project, got ${id}`)
  return toStack(row)
}

/** A trainer took the stack: it and its runs are running. */
export function beginStack(
  db: Writable,
  id: string,
  began: { readonly device: string; readonly versions: Readonly<Record<string, string>>; readonly nowMs: number },
): void {
  transact(db, () => {
    const changed = query(
      db,
      `UPDATE stacks SET state = 'running', device = :device, versions_json = :versions WHERE id = :id AND state IN ('queued', 'running')`,
    ).run({ id, device: began.device, versions: JSON.stringify(began.versions) })
    assert(changed === 1, `only a queued stack can begin: ${id}`)
    query(
      db,
      `UPDATE runs SET state = 'running', reason = NULL, started_ms = ifnull(started_ms, :now) WHERE stack_id = :id AND state = 'queued'`,
    ).run({ id, now: began.nowMs })
  })
}

/** The checkpoint from which the stack goes on, and with it every step up to its own is safe; the artifact must be in the project. */
export function setCheckpoint(db: Writable, id: string, checkpoint: Checkpoint): void {
  const sql = 'UPDATE stacks SET checkpoint_sha256 = :sha256, checkpoint_step = :step, step = max(step, :step) WHERE id = :id'
  const changed = query(db, sql).run({ id, ...checkpoint })
  assert(changed === 1, `a checkpoint belongs to a stack: ${id}`)
}

/** For a checkpoint whose file is damaged: the stack will start again. */
export function forgetCheckpoint(db: Writable, id: string): void {
  query(db, 'UPDATE stacks SET checkpoint_sha256 = NULL, checkpoint_step = NULL WHERE id = :id').run({ id })
}

/** The artifact with the final tensors of a stack. */
export function setParameters(db: Writable, id: string, sha256: string): void {
  const changed = query(db, 'UPDATE stacks SET parameters_sha256 = :sha256 WHERE id = :id').run({ id, sha256 })
  assert(changed === 1, `parameters belong to a stack: ${id}`)
}

/**
 * The stack's job ended. Runs that had not ended take the stack's state and sentence; a stack is finished only when all its
 * runs have ended.
 */
export function endStack(
  db: Writable,
  id: string,
  end: {
    readonly state: RunState
    readonly reason: string | null
    readonly trainingMs: number
    readonly programs: Programs
    readonly nowMs: number
  },
): void {
  transact(db, () => {
    const { made, reused, ms } = end.programs
    const changed = query(
      db,
      `UPDATE stacks SET state = :state, training_ms = training_ms + :trainingMs, programs_made = programs_made + :made,
        programs_reused = programs_reused + :reused, programs_ms = programs_ms + :ms WHERE id = :id`,
    ).run({ id, state: end.state, trainingMs: end.trainingMs, made, reused, ms })
    assert(changed === 1, `a stack that ends exists: ${id}`)
    if (end.state === 'finished') {
      const left = numberOf(db, `SELECT count(*) AS value FROM runs WHERE stack_id = :id AND state <> 'finished'`, { id })
      assert(left === 0, `the runs of a finished stack are finished: ${left} of ${id} are not`)
    } else {
      query(
        db,
        `UPDATE runs SET state = :state, reason = :reason, ended_ms = :now WHERE stack_id = :id AND state IN ('queued', 'running')`,
      ).run({
        id,
        state: end.state,
        reason: end.reason,
        now: end.nowMs,
      })
    }
  })
}

/**
 * Makes a stack ready to go on from its checkpoint, or from the start where it has none: what was recorded after it is
 * forgotten, because training it again records the same values again. All its runs are queued, since they train as one.
 * Returns the step it goes on from.
 */
export function resetStack(db: Writable, id: string): number {
  return transact(db, () => {
    const { checkpoint } = readStack(db, id)
    truncateSeries(db, id, checkpoint?.step ?? null)
    query(db, `UPDATE stacks SET state = 'queued', parameters_sha256 = NULL WHERE id = :id`).run({ id })
    query(db, 'DELETE FROM vectors WHERE run_id IN (SELECT id FROM runs WHERE stack_id = :id)').run({ id })
    query(
      db,
      `UPDATE runs SET state = 'queued', outcome_kind = NULL, outcome_step = NULL, outcome_place = NULL, outcome_gate = NULL, reason = NULL,
        parameters_sha256 = NULL, ended_ms = NULL WHERE stack_id = :id`,
    ).run({ id })
    return checkpoint?.step ?? 0
  })
}

/** When a project is opened for writing nobody trains for it: what says otherwise was left by a process that died. Returns the runs. */
export function interruptUnended(db: Writable, nowMs: number): number {
  return transact(db, () => {
    query(db, `UPDATE stacks SET state = 'interrupted' WHERE state IN ('queued', 'running')`).run()
    return query(
      db,
      `UPDATE runs SET ended_ms = :now, state = 'interrupted', reason = CASE state
        WHEN 'running' THEN 'Kagami ended without a word while this run trained; resume the study to go on from its last checkpoint.'
        ELSE 'Kagami ended before this run began; resume the study to train it.' END
        WHERE state IN ('queued', 'running')`,
    ).run({ now: nowMs })
  })
}

function toStack({ checkpointSha256, checkpointStep, programsMade, programsReused, programsMs, ...row }: StackRow): Stack {
  return {
    ...row,
    shape: parse(row.shape) as Json, // written by insertStudy from a Json
    versions: parse(row.versions) as Record<string, string>, // written by beginStack from such a record
    checkpoint: checkpointSha256 === null || checkpointStep === null ? null : { sha256: checkpointSha256, step: checkpointStep },
    programs: { made: programsMade, reused: programsReused, ms: programsMs },
  }
}

function parse(text: string): unknown {
  return JSON.parse(text)
}
