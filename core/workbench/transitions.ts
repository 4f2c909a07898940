/** Where the transitions of a bisected study lie, by the runs that a project holds. */
import type { Transition } from '#core/contract/transitions.ts'
import type { Level } from '#core/contract/runs.ts'
import { asJson } from '#core/contract/values.ts'
import { mean } from '#core/numerics/statistics/moments.ts'
import type { Cell } from '#core/study/cells.ts'
import { bisectionsOf, type CombinationBisection, type Said } from '#core/study/bisections.ts'
import type { CriticalLevel } from '#core/study/criticalLevel.ts'
import { bracketsOf, transitionOf, wantedRuns, type Bracket } from '#core/study/designs/bisection.ts'
import type { BisectionSettings } from '#core/study/designs/bisectionDesign.ts'
import { factorsOf } from '#core/study/factors.ts'
import type { Study } from '#core/study/study.ts'
import type { Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { criticalLevelOf } from './criticalLevels.ts'
import { gateValues } from './gateValues.ts'
import { isBisection } from './rounds.ts'
import { allRuns, storedStudy } from './studies.ts'

const confidence = 0.95

/** One transition for each combination of the other factors, in the order of the cells; none for another design. */
export function transitionsOf(project: Project<Readable>, id: string): Transition[] {
  const { db } = project
  if (!isBisection(db, id)) return []
  const { study, files } = storedStudy(project, id)
  const { design } = study.file
  if (design.kind !== 'bisection') return []
  const title = factorsOf(study).find(({ path }) => path === design.factor)?.title ?? { en: design.factor, ja: design.factor }
  return bisectionsOf(study, allRuns(db, id), gateValues(db, id)).map((one) => {
    const ends = endsOf(study, one.others)
    const critical = (replicate: number) => (ends === null ? null : criticalLevelOf(db, design, { study, files, ends, replicate }))
    return { ...settingsOf(design), title, ...foundBy(one, critical) }
  })
}

/** The cells of a combination at both ends. */
function endsOf({ file: { design }, cells }: Study, others: readonly Level[]): readonly [Cell, Cell] | null {
  if (design.kind !== 'bisection') return null
  const own = cells.filter(({ levels }) =>
    others.every(({ factor, label }) => levels.some((one) => one.factor === factor && one.label === label)),
  )
  const [low, high] = [own[0], own.at(-1)] // rising
  return low === undefined || high === undefined ? null : [low, high]
}

function settingsOf({ factor, scale, from, to, precision, above }: BisectionSettings) {
  const { metric, over, atMost = null, atLeast = null } = above
  return { factor, scale, from, to, precision, above: { metric, over: asJson(over), atMost, atLeast }, confidence }
}

/** What the runs have found; no estimate while some are to come. */
function foundBy({ others, said, state }: CombinationBisection, critical: (seed: number) => CriticalLevel | null) {
  const wanted = wantedRuns(state).length
  const bySeed = Map.groupBy(said, ({ seed }) => seed)
  const whole = wanted > 0 ? null : transitionOf(state, confidence)
  const interval = whole?.medianInterval ?? null
  const theories = state.seeds.map(critical)
  const levels = theories.flatMap((theory) => (theory === null ? [] : [theory.level]))
  return {
    where: others.map(({ factor, label }) => ({ factor, label })),
    wanted,
    brackets: bracketsOf(state).map((bracket, i) => ({
      ...seedBracket(bracket, bySeed.get(bracket.seed) ?? []),
      theory: theories[i]?.level ?? null,
    })),
    mean: whole?.mean ?? null,
    median: whole?.median ?? null,
    medianInterval: interval === null ? null : { low: bounded(interval.low), high: bounded(interval.high), coverage: interval.coverage },
    failure: whole?.failure ?? null,
    theory: levels.length < theories.length ? null : meanLevel(state.scale, levels),
    oracle: theories.find((theory) => theory !== null)?.oracle ?? null,
  }
}

/** Geometric on a log scale, as the mean of the seeds is. */
function meanLevel(scale: 'linear' | 'log', levels: readonly number[]): number {
  return scale === 'linear' ? mean(levels) : Math.exp(mean(levels.map(Math.log)))
}

function seedBracket({ seed, state, low, high }: Bracket, said: readonly Said[]) {
  const runs = said
    .map(({ run, level, value, side }) => ({ run, level, value: bounded(value), side }))
    .toSorted((a, b) => a.level - b.level)
  return { seed, state, low: bounded(low), high: bounded(high), runs }
}

/** A number; null for ±∞ and NaN, where nothing bounds it. */
function bounded(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
