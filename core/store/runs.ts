/** Writing runs: their rows, states, outcomes and final vectors. Reading pages of them is in `readRuns.ts`. */
import { assert } from '#core/contract/errors.ts'
import type { Level, Outcome, RunState } from '#core/contract/runs.ts'
import type { Json } from '#core/contract/values.ts'
import { setLast } from './runValues.ts'
import { writeCoefficients, type RunVectors } from './vectors.ts'
import { query, transact, type Stored, type Writable } from './statements.ts'

export type NewRun = {
  readonly id: string
  readonly cell: string
  readonly stack: string
  readonly lane: number
  readonly replicate: number
  readonly levels: readonly Level[]
}

/** How training of one run ended. */
export type RunEnd = {
  readonly run: string
  readonly outcome: Outcome
  readonly values?: Readonly<Record<string, number>> | null // in place of the last recorded row, which holds nothing of a run that a gate stopped
  readonly parametersSha256: string
  readonly coefficients: RunVectors | null
}

/** Writes runs of a study, and each of their cells once. Inside the transaction of `insertStudy` or `addRuns`. */
export function insertRuns(db: Writable, study: string, runs: readonly NewRun[]): void {
  const insert = query(
    db,
    'INSERT INTO runs (id, study_id, cell, stack_id, lane, replicate) VALUES (:id, :study, :cell, :stack, :lane, :replicate)',
  )
  const cells = new Set<string>()
  for (const { id, cell, stack, lane, replicate, levels } of runs) {
    if (!cells.has(cell)) insertCell(db, { study, cell }, levels)
    cells.add(cell)
    insert.run({ id, study, cell, stack, lane, replicate })
  }
}

/** Gives runs a state that has no outcome. For those of a whole stack use `beginStack` and `endStack`. */
export function setRunsState(
  db: Writable,
  runs: readonly string[],
  change: { readonly state: Exclude<RunState, 'finished'>; readonly reason: string | null; readonly nowMs: number },
): void {
  const ended = change.state !== 'queued' && change.state !== 'running'
  transact(db, () => {
    for (const id of runs) {
      const changed = query(
        db,
        `UPDATE runs SET state = :state, reason = :reason, ended_ms = :ended, outcome_kind = NULL, outcome_step = NULL, outcome_place = NULL,
          outcome_gate = NULL, started_ms = CASE :state WHEN 'running' THEN ifnull(started_ms, :now) ELSE started_ms END WHERE id = :id`,
      ).run({ id, state: change.state, reason: change.reason, ended: ended ? change.nowMs : null, now: change.nowMs })
      assert(changed === 1, `a run that changes its state exists: ${id}`)
    }
  })
}

/** Training of these runs came to its outcome: they are finished, also those that diverged. Told twice, the last word counts. */
export function endRuns(db: Writable, ends: readonly RunEnd[], endedMs: number): void {
  transact(db, () => {
    for (const { run, outcome, values = null, parametersSha256, coefficients } of ends) {
      const changed = query(
        db,
        `UPDATE runs SET state = 'finished', outcome_kind = :kind, outcome_step = :step, outcome_place = :place, outcome_gate = :gate, reason = NULL,
          parameters_sha256 = :sha256, ended_ms = :ended WHERE id = :run`,
      ).run({
        run,
        kind: outcome.kind,
        step: outcome.kind === 'reached-last-step' ? null : outcome.step,
        place: outcome.kind === 'diverged' ? outcome.place : null,
        gate: outcome.kind === 'stopped-by-gate' ? outcome.gate : null,
        sha256: parametersSha256,
        ended: endedMs,
      })
      assert(changed === 1, `a run that ends exists: ${run}`)
      if (values !== null) setLast(db, run, values)
      if (coefficients !== null) writeCoefficients(db, run, coefficients)
    }
  })
}

function insertCell(db: Writable, { study, cell }: { readonly study: string; readonly cell: string }, levels: readonly Level[]): void {
  const added = query(db, 'INSERT INTO cells (study_id, id, levels_json) VALUES (:study, :cell, :levels) ON CONFLICT DO NOTHING').run({
    study,
    cell,
    levels: JSON.stringify(levels),
  })
  if (added === 0) return // seeds are added to cells that are there
  for (const { factor, value, label } of levels) {
    query(db, 'INSERT INTO cell_levels (study_id, factor, cell, value) VALUES (:study, :factor, :cell, :value)').run({
      study,
      factor,
      cell,
      value: sortable(value, label),
    })
  }
}

/** What a level sorts by: a number by its size, anything else by its label. Numbers come before texts. */
function sortable(value: Json, label: string): Stored {
  return typeof value === 'number' ? value : label
}
