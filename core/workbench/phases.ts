/** Phase diagrams: gathers the runs of every pair of levels and lets a job compute; the host's process never does. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import type { CellValues } from '#core/analysis/phase/phaseCells.ts'
import type { PhaseQuestion } from '#core/analysis/phase/phaseQuestion.ts'
import { Refusal, fromRecord, quote } from '#core/contract/errors.ts'
import { phase, phaseQuery, type Phase, type PhaseQuery } from '#core/contract/phase.ts'
import { problemsOf } from '#core/contract/problems.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Factor } from '#core/contract/studies.ts'
import { asJson } from '#core/contract/values.ts'
import type { Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { readStudy } from '#core/store/studies.ts'
import type { JobEnd, JobOptions } from '#core/trainer/parent.ts'
import type { RunJobOnce } from './comparisons.ts'
import { factorAt, isAtLevels, requireLevels, unknown } from './levels.ts'
import { allRuns, pairedCell, storedStudy } from './studies.ts'

const mostCells = 10_000 // more are no picture, and a design that draws its levels has one run in each row

/** A metric over two factors, on its last value; the other factors held where the query says. */
export async function phaseOf(project: Project<Readable>, asked: PhaseQuery, run: RunJobOnce): Promise<Phase> {
  const query = phaseQuery.safeParse(asked)
  if (!query.success) {
    const problems = problemsOf({ route: 'phase', issues: query.error.issues, input: asked })
    throw new Refusal('invalid-input', problems[0] ?? 'phase: expected a query', problems.length > 1 ? problems : [])
  }
  const { request, stopped } = requestOf(project, query.data)
  const result = await run({ kind: 'phase', request })
  if (result.kind !== 'phase') throw new Error(`bug: a phase diagram ended with a result of ${result.kind}`)
  const made = phase.parse(result.phase)
  return { ...made, cells: made.cells.map((cell) => ({ ...cell, stopped: stopped.get(placeOf(cell)) ?? 0 })) }
}

/** What a reader has that a job needs. */
type Beside = {
  readonly project: Project<Readable>
  readonly scratch: string
  runJob(job: Pick<JobOptions, 'spec' | 'folder' | 'on'>): Promise<JobEnd>
}

/** The same for whoever has a reader: the job runs beside the queue. */
export async function phaseBeside({ project, scratch, runJob }: Beside, asked: PhaseQuery): Promise<Phase> {
  return phaseOf(project, asked, async (spec) => {
    mkdirSync(scratch, { recursive: true })
    const folder = mkdtempSync(join(scratch, 'phase-'))
    try {
      const end = await runJob({ spec, folder, on: {} })
      if (end.kind !== 'ended') throw fromRecord(end.refusal)
      return end.result
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

/** What the job is asked, and what it need not know: how many runs of each cell a gate stopped. */
type Gathered = { readonly request: PhaseQuestion; readonly stopped: ReadonlyMap<string, number> }

function requestOf(project: Project<Readable>, { study: id, x, y, metric, where }: z.output<typeof phaseQuery>): Gathered {
  const summary = readStudy(project.db, id)
  const { factors } = summary
  const metrics = summary.metrics.map(({ name }) => name)
  if (!metrics.includes(metric)) throw unknown('metric', { got: metric, known: metrics })
  const [across, up] = [axisOf(factors, x, 'x'), axisOf(factors, y, 'y')]
  if (x === y) throw new Refusal('invalid-input', `y: expected another factor than x, got ${quote(y)} twice`)
  const size = across.levels.length * up.levels.length
  if (size > mostCells) {
    const shape = `${across.levels.length} × ${up.levels.length}`
    throw new Refusal('invalid-input', `phase: expected at most ${mostCells} pairs of levels, got ${shape} = ${size}`)
  }
  requireLevels(factors, where)
  for (const path of Object.keys(where))
    if (path === x || path === y) throw new Refusal('invalid-input', `where: expected factors other than x and y, got ${quote(path)}`)
  const runs = allRuns(project.db, id).filter((run) => run.state === 'finished' && isAtLevels(run, where))
  const pooled = factors
    .filter(({ path, levels }) => path !== x && path !== y && levels.length > 1 && !Object.hasOwn(where, path))
    .map(({ path }) => path)
  const cells = cellsOf(runs, { x: across, y: up, metric })
  const theory = pooled.length === 0 ? theoryOf(project, id, where) : null // levels that are pooled have boundaries of their own
  return {
    request: { metric, x: across, y: up, where, pooled, cells: cells.map(({ x: i, y: j, values }) => ({ x: i, y: j, values })), theory },
    stopped: new Map(cells.map((cell) => [placeOf(cell), cell.stopped])),
  }
}

type Axis = PhaseQuestion['x']
type Cell = Omit<CellValues, 'values'> & { readonly values: (number | null)[]; stopped: number }

function placeOf({ x, y }: Pick<CellValues, 'x' | 'y'>): string {
  return `${x}/${y}`
}

/** Fails: 'invalid-input' for a factor without an order. */
function axisOf(factors: readonly Factor[], path: string, field: 'x' | 'y'): Axis {
  const { levels } = factorAt(factors, path, field)
  const numbers = levels.flatMap(({ label, value }) => (typeof value === 'number' ? [{ label, value }] : []))
  const other = levels.find(({ value }) => typeof value !== 'number')
  if (other !== undefined)
    throw new Refusal(
      'invalid-input',
      `${field}: expected a factor whose levels are numbers, got ${quote(path)} with the level ${quote(other.label)}`,
    )
  return { factor: path, levels: numbers.toSorted((a, b) => a.value - b.value) }
}

/** The last values of the finished runs of every pair of levels that has some; null where a run has none, because it diverged; and how many a gate stopped. */
function cellsOf(runs: readonly Run[], { x, y, metric }: { x: Axis; y: Axis; metric: string }): readonly Cell[] {
  const placeAlong = ({ factor, levels }: Axis) => {
    const places = new Map(levels.map(({ value }, i) => [value, i]))
    return (run: Run) => {
      const value = run.levels.find((level) => level.factor === factor)?.value
      return typeof value === 'number' ? places.get(value) : undefined
    }
  }
  const [placeOnX, placeOnY] = [placeAlong(x), placeAlong(y)]
  const cells = new Map<string, Cell>()
  for (const run of runs) {
    const [i, j, last] = [placeOnX(run), placeOnY(run), run.values[metric]]
    if (i === undefined || j === undefined || last === undefined) continue
    const place = placeOf({ x: i, y: j })
    const cell = cells.get(place) ?? { x: i, y: j, values: [], stopped: 0 }
    cell.values.push(Number.isFinite(last) ? last : null)
    if (run.outcome?.kind === 'stopped-by-gate' && Number.isFinite(last)) cell.stopped += 1
    cells.set(place, cell)
  }
  return [...cells.values()]
}

/** What is trained where the other factors are held: its data are those that the replicates of the first of its cells draw. */
function theoryOf(project: Project<Readable>, id: string, where: Readonly<Record<string, string>>): PhaseQuestion['theory'] {
  const { study, files } = storedStudy(project, id)
  const cell = study.cells.find((one) => isAtLevels({ levels: [...one.levels] }, where))
  if (cell === undefined) return null
  const { base, paired, count } = study.file.seeds
  return { study: asJson(cell.study), base, cell: paired ? pairedCell : cell.hash, replicates: count, files: { ...files } }
}
