/** The bisections of a study: one for each combination of its other factors, and in each a bracket for every seed. Pure: runs go in, wanted runs come out. */
import type { Level, Run } from '#core/contract/runs.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { startBisection, wantedRuns, type Bisection, type Side } from './designs/bisection.ts'
import { sideOf, type Asked, type BisectionSettings, type Criterion } from './designs/bisectionDesign.ts'
import type { Gate } from './gates.ts'
import type { StudyFile } from './schema.ts'
import type { Study } from './study.ts'
import type { GateValue } from './verdict.ts'

/** What has levels: a run, or one that is to come. */
export type Leveled = { readonly levels: readonly Pick<Level, 'factor' | 'value'>[] }

/** A finished run and what it says. */
export type Said = {
  readonly run: string
  readonly seed: number
  readonly level: number
  readonly value: number
  readonly side: Side | null
}

export type CombinationBisection = {
  readonly others: readonly Level[] // the levels of the other factors
  readonly said: readonly Said[]
  readonly state: Bisection
}

export type WantedRun = Leveled & { readonly replicate: number }

/** The levels that runs of a bisection have, for each combination of the other factors. */
export function askedBy({ design, factors }: StudyFile, runs: readonly Leveled[]): Asked {
  const asked = new Map<string, Set<number>>()
  if (design.kind !== 'bisection') return () => []
  for (const { levels } of runs) {
    const known = new Map(levels.map(({ factor, value }) => [factor, value]))
    const key = canonicalJson(Object.keys(factors).map((path) => known.get(path) ?? null))
    const level = known.get(design.factor)
    if (typeof level === 'number') asked.set(key, (asked.get(key) ?? new Set()).add(level))
  }
  return (others) => [...(asked.get(canonicalJson(others)) ?? [])]
}

/**
 * Every bisection of a study with what its finished runs say so far.
 *
 * @param study    a bisection; its cells name the combinations
 * @param valueOf  of a run for a rule about its metric
 */
export function bisectionsOf({ file, cells }: Study, runs: readonly Run[], valueOf: GateValue): CombinationBisection[] {
  const { design, seeds } = file
  if (design.kind !== 'bisection') return []
  const ended = grouped(
    runs.filter(({ state }) => state === 'finished'),
    (run) => keyOf(design, run),
  )
  const replicates = Array.from({ length: seeds.count }, (_, i) => i + 1)
  return [...grouped(cells, (cell) => keyOf(design, cell))].map(([key, [cell]]) => {
    const said = (ended.get(key) ?? []).map((run) => saidBy(design, run, valueOf))
    return {
      others: othersOf(design, cell?.levels ?? []),
      said,
      state: { ...startBisection(design, replicates), outcomes: said.filter(({ seed }) => seed <= seeds.count) },
    }
  })
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key) ?? []
    group.push(item)
    groups.set(key, group)
  }
  return groups
}

/** The runs that the bisections of a study want next. Fails: 'invalid-input' as `wantedRuns`. */
export function wantedOf(study: Study, bisections: readonly CombinationBisection[]): WantedRun[] {
  const { design } = study.file
  if (design.kind !== 'bisection') return []
  return bisections.flatMap(({ others, state }) =>
    wantedRuns(state).map(({ level, seed }) => ({ levels: [...others, { factor: design.factor, value: level }], replicate: seed })),
  )
}

/** What names a wanted run, and the planned one that it becomes. */
export function wantedKey({ levels }: Leveled, replicate: number): string {
  return canonicalJson([...levels.map(({ factor, value }): Json => [factor, value]), replicate])
}

function othersOf<One extends Pick<Level, 'factor'>>({ factor }: BisectionSettings, levels: readonly One[]): One[] {
  return levels.filter((level) => level.factor !== factor)
}

function keyOf(design: BisectionSettings, { levels }: Leveled): string {
  return canonicalJson(othersOf(design, levels).map(({ factor, value }): Json => [factor, value]))
}

function saidBy({ factor, above }: BisectionSettings, run: Run, valueOf: GateValue): Said {
  const level = Number(run.levels.find((one) => one.factor === factor)?.value)
  const value = valueFor(above, run, valueOf)
  return { run: run.id, seed: run.replicate, level, value, side: sideOf(above, value) }
}

/**
 * A run that never came to a value for the first time comes to it later than at any step; one that diverged, or records no such metric, has no value,
 * nor has one that a gate stopped before the step that the rule asks about.
 */
function valueFor(above: Criterion, run: Run, valueOf: GateValue): number {
  if (run.outcome?.kind === 'diverged' || run.values[above.metric] === undefined) return Number.NaN
  const rule: Gate = { ...above, of: 'each', where: {} }
  const value = valueOf(rule, run)
  if (!Number.isNaN(value) || typeof above.over !== 'object') return value
  const isTooShort =
    run.outcome?.kind === 'stopped-by-gate' && run.outcome.step - above.over.after < (above.atMost ?? above.atLeast ?? Infinity)
  return isTooShort ? Number.NaN : Infinity
}
