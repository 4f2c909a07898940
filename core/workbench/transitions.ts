/** Where the transitions of a bisected study lie, by the runs that a project holds. */
import type { Transition } from '#core/contract/transitions.ts'
import { asJson } from '#core/contract/values.ts'
import { bisectionsOf, type CombinationBisection, type Said } from '#core/study/bisections.ts'
import { bracketsOf, transitionOf, wantedRuns, type Bracket } from '#core/study/designs/bisection.ts'
import type { BisectionSettings } from '#core/study/designs/bisectionDesign.ts'
import { factorsOf } from '#core/study/factors.ts'
import type { Project } from '#core/store/project.ts'
import type { Readable } from '#core/store/statements.ts'
import { gateValues } from './gateValues.ts'
import { isBisection } from './rounds.ts'
import { allRuns, storedStudy } from './studies.ts'

const confidence = 0.95

/** One transition for each combination of the other factors, in the order of the cells; none for another design. */
export function transitionsOf(project: Project<Readable>, id: string): Transition[] {
  const { db } = project
  if (!isBisection(db, id)) return []
  const { study } = storedStudy(project, id)
  const { design } = study.file
  if (design.kind !== 'bisection') return []
  const title = factorsOf(study).find(({ path }) => path === design.factor)?.title ?? { en: design.factor, ja: design.factor }
  return bisectionsOf(study, allRuns(db, id), gateValues(db, id)).map((one) => ({ ...settingsOf(design), title, ...foundBy(one) }))
}

function settingsOf({ factor, scale, from, to, precision, above }: BisectionSettings) {
  const { metric, over, atMost = null, atLeast = null } = above
  return { factor, scale, from, to, precision, above: { metric, over: asJson(over), atMost, atLeast }, confidence }
}

/** What the runs have found; no estimate while some are to come. */
function foundBy({ others, said, state }: CombinationBisection) {
  const wanted = wantedRuns(state).length
  const bySeed = Map.groupBy(said, ({ seed }) => seed)
  const whole = wanted > 0 ? null : transitionOf(state, confidence)
  const interval = whole?.medianInterval ?? null
  return {
    where: others.map(({ factor, label }) => ({ factor, label })),
    wanted,
    brackets: bracketsOf(state).map((bracket) => seedBracket(bracket, bySeed.get(bracket.seed) ?? [])),
    mean: whole?.mean ?? null,
    median: whole?.median ?? null,
    medianInterval: interval === null ? null : { low: bounded(interval.low), high: bounded(interval.high), coverage: interval.coverage },
    failure: whole?.failure ?? null,
    theory: null,
    oracle: null,
  }
}

function seedBracket({ seed, state, low, high }: Bracket, said: readonly Said[]) {
  const runs = said.map(({ run, level, value, side }) => ({ run, level, value, side })).toSorted((a, b) => a.level - b.level)
  return { seed, state, low: bounded(low), high: bounded(high), theory: null, runs }
}

/** A number; null for ±∞ and NaN, where nothing bounds it. */
function bounded(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
