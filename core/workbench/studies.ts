/** Studies in a project: started, resumed, stopped, summarised. */
import type { EngineName } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { engineName } from '#core/contract/engines.ts'
import type { Run } from '#core/contract/runs.ts'
import { asJson, type Json } from '#core/contract/values.ts'
import type { Factor, Study as StudySummary } from '#core/contract/studies.ts'
import { planStacks, runId, type Stack as PlannedStack } from '#core/plan/plan.ts'
import { studySchema, type StudyFile } from '#core/study/schema.ts'
import type { Cell } from '#core/study/cells.ts'
import { askedBy, type Leveled } from '#core/study/bisections.ts'
import { freezeStudy, type Study } from '#core/study/study.ts'
import { writeYaml } from '#core/study/text/writeYaml.ts'
import { explainProblems } from '#core/study/text/problems.ts'
import { atPath } from '#core/study/text/withPath.ts'
import { stopRulesOf } from '#core/study/stops.ts'
import { verdictOf, type GateTheory } from '#core/study/verdict.ts'
import { artifactPath, isWhole, listArtifacts, putBytes } from '#core/store/artifacts.ts'
import type { Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { readRuns } from '#core/store/readRuns.ts'
import { forgetCheckpoint, readStacks, resetStack } from '#core/store/stacks.ts'
import { addRuns, insertStudy, listStudies, readSpecification, readStudy, readStudyFiles, type StoredStudy } from '#core/store/studies.ts'
import { gateValues } from './gateValues.ts'
import { mathmlOf } from './formula.ts'
import { predictionsOf } from './predictions.ts'
import type { Queue, Waiting } from './queue.ts'
import type { Source } from './sources.ts'
import { formulaOf, metricsOf, stackId, titleOf } from './summary.ts'
import { oracleTitle } from '#core/symmetry/predictions/registry.ts'
import { factorsOf } from '#core/study/factors.ts'
import { dataOf } from '#core/study/kinds.ts'

export function cellId(cell: Cell): string {
  return cell.hash.slice(0, 12)
}

/** Writes a new study with its files and plan; its stacks are queued in the store, nothing trains yet. */
export function storeStudy(project: Project, source: Source, { engine, nowMs }: { engine: EngineName; nowMs: number }): void {
  const { study, stacks } = source
  const kept = keepFiles(project, source, nowMs)
  insertStudy(project.db, {
    study: {
      id: study.id,
      name: study.file.name,
      hash: study.hash,
      title: titleOf(study.file),
      question: study.file.question ?? titleOf(study.file),
      formula: formulaOf(study),
      text: writeYaml(asJson(study.file)),
      resolved: asJson(study.file),
      factors: factorsOf(study),
      metrics: metricsOf(study),
      engine,
      createdMs: nowMs,
    },
    stacks: stacks.map((stack, i) => ({ id: stackId(study.id, i), shape: stack.shape, runs: stack.runs.length, steps: stack.steps })),
    runs: runsOf(study, { stacks, first: 0 }),
    files: kept,
  })
}

/** Keeps the bytes of the files that a study names; those that the project holds whole are not written again. */
export function keepFiles(project: Project, { study, files }: Source, nowMs: number): { path: string; sha256: string }[] {
  const paths = new Set(study.cells.flatMap((cell) => dataOf(cell.study).kind.files(cell.study.data)))
  return [...paths].map((path) => {
    const { bytes, sha256 } = files(path)
    if (!listArtifacts(project.db).some((one) => one.sha256 === sha256) || !isWhole(project, sha256)) {
      putBytes(project, { bytes, kind: 'data' }, nowMs)
    }
    return { path, sha256 }
  })
}

function runsOf(study: Study, { stacks, first }: { stacks: readonly PlannedStack[]; first: number }) {
  return stacks.flatMap((stack, i) =>
    stack.runs.map(({ id, cell, replicate }, lane) => ({
      id,
      cell: cellId(cell),
      stack: stackId(study.id, first + i),
      lane,
      replicate,
      levels: cell.levels,
    })),
  )
}

/** Adds the replicates that a study has gained since it was stored; nothing else can have changed, or its hash would be another. */
export function extendStudy(project: Project, { study, size }: Source): void {
  const there = new Set(allRuns(project.db, study.id).map(({ id }) => id))
  const stacks = planStacks(study, { size, isWanted: ({ id }) => !there.has(id) })
  if (stacks.length > 0) addStacks(project, study, { stacks })
}

/** Writes planned stacks behind those that a study has; with its factors where they bring levels that are new. */
export function addStacks(
  project: Project,
  study: Study,
  { stacks, factors }: { stacks: readonly PlannedStack[]; factors?: readonly Factor[] },
): void {
  const first = readStacks(project.db, study.id).length
  addRuns(project.db, study.id, {
    ...(factors === undefined ? {} : { factors }),
    text: writeYaml(asJson(study.file)),
    resolved: asJson(study.file),
    stacks: stacks.map((stack, i) => ({
      id: stackId(study.id, first + i),
      shape: stack.shape,
      runs: stack.runs.length,
      steps: stack.steps,
    })),
    runs: runsOf(study, { stacks, first }),
  })
}

/**
 * The frozen study of a project, resolved again from what is stored; the stored bytes of its files name themselves. A bisection has the levels of
 * its runs, and those of others that are to come.
 */
export function storedStudy(
  project: Project<Readable>,
  id: string,
  toCome: readonly Leveled[] = [],
): { study: Study; files: Readonly<Record<string, string>> } {
  const { resolved } = readSpecification(project.db, id)
  const stored = new Map(readStudyFiles(project.db, id).map(({ path, sha256 }) => [path, sha256]))
  const file = knownStudy(id, resolved)
  const asked = file.design.kind === 'bisection' ? askedBy(file, [...allRuns(project.db, id), ...toCome]) : undefined
  const study = freezeStudy(file, (path) => stored.get(path) ?? missing(path), asked)
  return { study, files: Object.fromEntries([...stored].map(([path, sha256]) => [path, artifactPath(project, sha256)])) }
}

/** The stored file as this version reads it. Fails: 'conflict' for kinds that another version knew. */
function knownStudy(id: string, resolved: Json): StudyFile {
  const parsed = studySchema.safeParse(resolved)
  if (parsed.success) return parsed.data
  const [problem] = explainProblems(parsed.error, { name: id, schema: studySchema }, resolved)
  throw new Refusal('conflict', `${problem ?? id}; another version of Kagami wrote this study`)
}

function missing(path: string): never {
  throw new Refusal('store-failed', `study: expected the project to hold the file ${path}, got nothing`)
}

/** What the trainer of each stack needs; of all stacks, or of those that are wanted. Fails: 'store-failed' if a file of the study is damaged. */
export function waitingOf(project: Project<Readable>, id: string, isWanted: (state: string) => boolean): Waiting[] {
  const stacks = readStacks(project.db, id).filter(({ state }) => isWanted(state))
  if (stacks.length === 0) return []
  const { study, files } = storedStudy(project, id)
  const damaged = readStudyFiles(project.db, id).find(({ sha256 }) => !isWhole(project, sha256))
  if (damaged !== undefined) {
    const { path, sha256 } = damaged
    throw new Refusal('store-failed', `data.path: expected the bytes of ${quote(path)} with SHA-256 ${sha256}, got a damaged artifact`)
  }
  const cells = new Map(study.cells.map((cell) => [cellId(cell), cell]))
  const all = allRuns(project.db, id)
  const runs = Map.groupBy(all, ({ stack }) => stack)
  const stackOf = new Map(all.map((run) => [run.id, run.stack]))
  const engine = engineName.parse(readStudy(project.db, id).engine)
  return stacks.map((stack) => ({
    study: id,
    stack: stack.id,
    engine,
    files,
    runs: (runs.get(stack.id) ?? []).toSorted((a, b) => a.lane - b.lane).map((run) => specOf(study.file, run, cells)),
    after: predecessorOf(runs.get(stack.id)?.[0], { study, cells, stackOf }),
  }))
}

export const pairedCell = '0'.repeat(64) // draws that leave the cell out

type Predecessors = { readonly study: Study; readonly cells: ReadonlyMap<string, Cell>; readonly stackOf: ReadonlyMap<string, string> }

/** The stack that holds the run from whose end this one starts. */
function predecessorOf(run: Run | undefined, { study, cells, stackOf }: Predecessors): string | null {
  const from = run === undefined ? null : (cells.get(run.cell)?.startsFrom ?? null)
  const before = study.cells.find(({ hash }) => hash === from)
  return run === undefined || before === undefined ? null : (stackOf.get(runId(study.id, before, run.replicate)) ?? null)
}

function specOf(
  { seeds, gates }: StudyFile,
  { id, cell, replicate, study }: Run,
  cells: ReadonlyMap<string, Cell>,
): Waiting['runs'][number] {
  const found = cells.get(cell)
  if (found === undefined || runId(study, found, replicate) !== id)
    throw new Refusal('store-failed', `study: expected the run ${id} among its cells, got none like it`)
  return {
    run: id,
    cellId: cell,
    study: asJson(found.study),
    base: seeds.base,
    cell: seeds.paired ? pairedCell : found.hash,
    replicate,
    stops: stopRulesOf(gates, found.levels),
  }
}

/** Every run of a study; a plan has at most 100,000. */
export function allRuns(db: Readable, study: string): readonly Run[] {
  return readRuns(db, { study, limit: 100_000 }).runs
}

/**
 * Makes every stack that has not finished ready to go on from its checkpoint; one whose checkpoint is damaged starts again, and the log says so.
 * Returns how many there are.
 */
export function resetUnfinished(project: Project, id: string, log: (text: string) => void): number {
  const stacks = readStacks(project.db, id).filter(({ state }) => state !== 'finished')
  for (const { id: stack, checkpoint } of stacks) {
    if (checkpoint !== null && !isWhole(project, checkpoint.sha256)) {
      log(`${stack}: expected the bytes of its checkpoint at step ${checkpoint.step}, got others; it starts again from step 0`)
      forgetCheckpoint(project.db, stack)
    }
    resetStack(project.db, stack)
  }
  return stacks.length
}

export function summaryOf(project: Project<Readable>, stored: StoredStudy, queue: Queue | null): StudySummary {
  return {
    ...stored,
    formulaMathml: mathmlOf(stored.formula),
    verdict: verdictNow(project.db, stored),
    secondsLeft: queue?.secondsLeft(stored.id) ?? null,
  }
}

type Judged = { readonly finished: number; readonly verdict: StudySummary['verdict'] }
const judged = new WeakMap<Readable, Map<string, Judged>>()

/** The verdict, judged again only when more runs have finished: finished runs never change, and a summary is asked for often. */
function verdictNow(db: Readable, { id, runs }: StoredStudy): StudySummary['verdict'] {
  const known = judged.get(db) ?? new Map<string, Judged>()
  judged.set(db, known)
  const before = known.get(id)
  if (before?.finished === runs.finished) return before.verdict
  const gates = gatesOf(readSpecification(db, id).resolved)
  const verdict = verdictOf(gates, runs.finished === 0 ? [] : allRuns(db, id), {
    valueOf: gateValues(db, id),
    theoryOf: theoriesOf(db, id),
  })
  known.set(id, { finished: runs.finished, verdict })
  return verdict
}

/** The gates alone, so that a study of which this version does not know every kind can still be listed. */
function gatesOf(resolved: Json): StudyFile['gates'] {
  const gates = studySchema.shape.gates.safeParse(atPath(resolved, 'gates'))
  return gates.success ? gates.data : []
}

/** The theory that speaks of what a gate looks at: how runs end, or their means over the last half. Its title is the cell's, its value the run's. */
function theoriesOf(db: Readable, study: string): GateTheory {
  const predictions = predictionsOf(db, study)
  const keyOf = (...parts: readonly (string | number)[]) => JSON.stringify(parts)
  const oracles = new Map(predictions.map(({ cell, oracle, over }) => [keyOf(cell, over), oracle]))
  const values = new Map(predictions.map(({ metric, cell, replicate, over, value }) => [keyOf(metric, cell, replicate, over), value]))
  return (gate, { cell, replicate }) => {
    const over = gate.over === 'last-half' ? 'last-half' : 'last'
    const title = oracleTitle(oracles.get(keyOf(cell, over)) ?? '')
    return title === null ? null : { title, value: values.get(keyOf(gate.metric, cell, replicate, over)) ?? Number.NaN }
  }
}

export function listSummaries(project: Project<Readable>, queue: Queue | null): StudySummary[] {
  return listStudies(project.db).map((stored) => summaryOf(project, stored, queue))
}
