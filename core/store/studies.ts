/** Studies: frozen designs with their stacks, cells, runs and data files, written once and whole. */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { runStates, type RunState } from '#core/contract/runs.ts'
import type { Factor, Metric, Study } from '#core/contract/studies.ts'
import type { Json, Words } from '#core/contract/values.ts'
import { insertRuns, type NewRun } from './runs.ts'
import { numberOf, query, transact, type Readable, type Writable } from './statements.ts'

export type NewStudy = {
  readonly id: string
  readonly name: string
  readonly hash: string
  readonly title: Words
  readonly question: Words
  readonly formula: string
  readonly text: string // the resolved study, as YAML
  readonly resolved: Json
  readonly factors: readonly Factor[]
  readonly metrics: readonly Metric[]
  readonly engine: string
  readonly createdMs: number
}

export type NewStack = { readonly id: string; readonly shape: Json; readonly runs: number; readonly steps: number }

/** A data file frozen with the study: the path that the study writes, and the artifact that holds the bytes. */
export type StudyFile = { readonly path: string; readonly sha256: string }

/** All that a study is before anything trained. Stacks and runs stand in the order of the plan. */
export type Design = {
  readonly study: NewStudy
  readonly stacks: readonly NewStack[]
  readonly runs: readonly NewRun[]
  readonly files: readonly StudyFile[]
}

/** A study as the contract shows it, without what is not stored but judged. */
export type StoredStudy = Omit<Study, 'formulaMathml' | 'secondsLeft' | 'verdict'>

/** Writes a study in one transaction. Refuses one that is already there: its runs are those of the first time. */
export function insertStudy(db: Writable, { study, stacks, runs, files }: Design): void {
  transact(db, () => {
    const known = query<{ id: string }>(db, 'SELECT id FROM studies WHERE id = :id OR hash = :hash').get({ id: study.id, hash: study.hash })
    if (known !== undefined) throw new Refusal('conflict', `study: expected a new study, got ${study.id}, which this project holds`)
    insertStudyRow(db, study)
    for (const { path, sha256 } of files) {
      query(db, 'INSERT INTO study_files (study_id, path, sha256) VALUES (:study, :path, :sha256)').run({ study: study.id, path, sha256 })
    }
    insertStacks(db, study.id, stacks)
    insertRuns(db, study.id, runs)
    requireWholeStacks(stacks, runs)
  })
}

type Addition = Pick<NewStudy, 'text' | 'resolved'> & Pick<Design, 'stacks' | 'runs'> & { readonly factors?: readonly Factor[] }

/**
 * Adds runs to a study, in stacks of their own behind those that are there; the runs that exist stay as they are. Factors are given where the
 * runs have levels that are new.
 */
export function addRuns(db: Writable, study: string, { text, resolved, stacks, runs, factors }: Addition): void {
  transact(db, () => {
    const changed = query(db, 'UPDATE studies SET resolved_text = :text, resolved_json = :resolved WHERE id = :study').run({
      study,
      text,
      resolved: JSON.stringify(resolved),
    })
    assert(changed === 1, `runs are added to a study that exists: ${study}`)
    if (factors !== undefined) {
      const sql = `UPDATE studies SET summary_json = json_set(summary_json, '$.factors', json(:factors)) WHERE id = :study`
      query(db, sql).run({ study, factors: JSON.stringify(factors) })
    }
    insertStacks(db, study, stacks)
    insertRuns(db, study, runs)
    requireWholeStacks(stacks, runs)
  })
}

/** All studies, the newest first. */
export function listStudies(db: Readable): readonly StoredStudy[] {
  const sql = `SELECT ${columns} FROM studies s ORDER BY created_ms DESC, s.rowid DESC`
  return query<StudyRow>(db, sql)
    .all()
    .map((row) => toStudy(db, row))
}

/** One study. Refuses an unknown id. */
export function readStudy(db: Readable, id: string): StoredStudy {
  const row = query<StudyRow>(db, `SELECT ${columns} FROM studies s WHERE id = :id`).get({ id })
  if (row === undefined) throw unknownStudy(id)
  return toStudy(db, row)
}

/** The study with this id, or the only one with this name. */
export function readStudyByNameOrId(db: Readable, text: string): StoredStudy {
  const found = query<{ id: string }>(db, 'SELECT id FROM studies WHERE id = :text').all({ text })
  const named =
    found.length > 0 ? found : query<{ id: string }>(db, 'SELECT id FROM studies WHERE name = :text ORDER BY created_ms').all({ text })
  const [first, second] = named
  if (first === undefined) throw unknownStudy(text)
  if (second === undefined) return readStudy(db, first.id)
  const ids = named.map(({ id }) => id).join(', ')
  throw new Refusal(
    'invalid-input',
    `study: expected one study, got a name that ${named.length} have: ${quote(text)}; say which by its id: ${ids}`,
  )
}

/** The frozen specification: as text, and as the value that it parses to. */
export function readSpecification(db: Readable, id: string): { readonly text: string; readonly resolved: Json } {
  const sql = 'SELECT resolved_text AS text, resolved_json AS resolved FROM studies WHERE id = :id'
  const row = query<{ text: string; resolved: string }>(db, sql).get({ id })
  if (row === undefined) throw unknownStudy(id)
  return { text: row.text, resolved: JSON.parse(row.resolved) as Json } // written by insertStudy from a Json
}

/** The data files frozen with a study. */
export function readStudyFiles(db: Readable, study: string): readonly StudyFile[] {
  return query<StudyFile>(db, 'SELECT path, sha256 FROM study_files WHERE study_id = :study ORDER BY path').all({ study })
}

type Summary = { readonly factors: Factor[]; readonly metrics: Metric[] }
type StudyRow = Omit<StoredStudy, 'title' | 'question' | 'runs' | 'factors' | 'metrics' | 'programs'> & {
  readonly programs: string
  readonly title: string
  readonly question: string
  readonly summary: string
}

/** Devices are those of all stacks; the sums go over runs, so that a stack of 80 counts 80 times. */
const columns = `s.id, s.name, s.hash, s.title_json AS title, s.question_json AS question, s.formula, s.summary_json AS summary, s.engine,
  s.created_ms AS createdMs,
  (SELECT group_concat(device, ', ') FROM (SELECT DISTINCT device FROM stacks WHERE study_id = s.id AND device IS NOT NULL)) AS device,
  (SELECT ifnull(sum(run_count * step), 0) FROM stacks WHERE study_id = s.id) AS step,
  (SELECT ifnull(sum(run_count * steps), 0) FROM stacks WHERE study_id = s.id) AS steps,
  (SELECT json_object('made', ifnull(sum(programs_made), 0), 'reused', ifnull(sum(programs_reused), 0), 'seconds', ifnull(sum(programs_ms), 0) / 1000)
    FROM stacks WHERE study_id = s.id) AS programs`

function toStudy(db: Readable, { summary, title, question, programs, ...row }: StudyRow): StoredStudy {
  const { factors, metrics } = JSON.parse(summary) as Summary // written by insertStudyRow from such a record
  return {
    ...row,
    title: JSON.parse(title) as Words, // as above
    question: JSON.parse(question) as Words, // as above
    runs: countRuns(db, row.id),
    factors,
    metrics,
    programs: JSON.parse(programs) as StoredStudy['programs'], // made by the query
  }
}

function countRuns(db: Readable, study: string): Record<RunState, number> {
  const sql = 'SELECT state, count(*) AS runs FROM runs WHERE study_id = :study GROUP BY state'
  const counts = new Map(
    query<{ state: RunState; runs: number }>(db, sql)
      .all({ study })
      .map(({ state, runs }) => [state, runs]),
  )
  const entries = runStates.map((state) => [state, counts.get(state) ?? 0] as const)
  return Object.fromEntries(entries) as Record<RunState, number> // fromEntries forgets the keys; they are all of runStates
}

/** Writes stacks behind those of the study that are there. */
function insertStacks(db: Writable, study: string, stacks: readonly NewStack[]): void {
  const before = numberOf(db, 'SELECT count(*) AS value FROM stacks WHERE study_id = :study', { study })
  const insert = query(
    db,
    'INSERT INTO stacks (id, study_id, position, shape_json, run_count, steps) VALUES (:id, :study, :position, :shape, :count, :steps)',
  )
  for (const [i, { id, shape, runs, steps }] of stacks.entries()) {
    insert.run({ id, study, position: before + i, shape: JSON.stringify(shape), count: runs, steps })
  }
}

function insertStudyRow(db: Writable, study: NewStudy): void {
  const { factors, metrics } = study
  query(
    db,
    `INSERT INTO studies (id, name, hash, title_json, question_json, formula, resolved_text, resolved_json, summary_json, engine, created_ms)
      VALUES (:id, :name, :hash, :title, :question, :formula, :text, :resolved, :summary, :engine, :createdMs)`,
  ).run({
    id: study.id,
    name: study.name,
    hash: study.hash,
    title: JSON.stringify(study.title),
    question: JSON.stringify(study.question),
    formula: study.formula,
    text: study.text,
    resolved: JSON.stringify(study.resolved),
    summary: JSON.stringify({ factors, metrics }),
    engine: study.engine,
    createdMs: study.createdMs,
  })
}

function requireWholeStacks(stacks: readonly NewStack[], runs: readonly NewRun[]): void {
  const counts = new Map<string, number>()
  for (const { stack, lane } of runs) {
    const count = counts.get(stack) ?? 0
    assert(lane === count, `the lanes of ${stack} come in order: ${lane} in place ${count}`)
    counts.set(stack, count + 1)
  }
  for (const { id, runs: count } of stacks) assert(counts.get(id) === count, `stack ${id} has ${counts.get(id) ?? 0} runs, not ${count}`)
}

function unknownStudy(text: string): Refusal {
  return new Refusal('not-found', `study: expected a study of this project, got ${quote(text)}`)
}
