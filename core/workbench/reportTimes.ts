/** Times until an event for a report: what the study's gates about first steps ask, and the collapse where runs record it. */
import type { Factor, VerdictPart } from '#core/contract/studies.ts'
import type { Survival, SurvivalQuery } from '#core/contract/survival.ts'

export type TimesSource = {
  readonly factors: readonly Factor[]
  readonly metrics: readonly { readonly name: string }[]
  readonly verdict: readonly VerdictPart[]
}
export type TimesQuestion = Omit<SurvivalQuery, 'study'>

const most = 6 // figures; more are no reading matter
const mostLevels = 12 // curves in one figure

/** One answer for each question; those without a run, and a collapse that never came, are left out. */
export async function timesOf(source: TimesSource, make: (question: TimesQuestion) => Promise<Survival>): Promise<Survival[]> {
  const made: Survival[] = []
  for (const { question, isGate } of [...gateQuestions(source), ...collapseQuestions(source)]) {
    if (made.length === most) break
    const survival = await make(question)
    const [runs, events] = [sum(survival, ({ n }) => n), sum(survival, (level) => level.events)]
    if (runs > 0 && (isGate || events > 0)) made.push(survival)
  }
  return made
}

type Asked = { readonly question: TimesQuestion; readonly isGate: boolean }
type Rule = Pick<TimesQuestion, 'metric' | 'atMost' | 'atLeast'>
type FirstStep = { readonly rule: Rule; readonly after: number; readonly where: Readonly<Record<string, string>> }

/** The factors whose levels can stand side by side, that with a scale first. */
function comparable({ factors }: TimesSource): readonly Factor[] {
  const several = factors.filter(({ levels }) => levels.length > 1 && levels.length <= mostLevels)
  return [...several.filter(({ ordered }) => ordered), ...several.filter(({ ordered }) => !ordered)]
}

/** Gates that differ only in the level of one factor, and in the step from which it counts, are one question; the factor that leaves the fewest is taken. */
export function gateQuestions(source: TimesSource): readonly Asked[] {
  const steps = source.verdict.flatMap(firstStepOf)
  const byRule = Map.groupBy(steps, ({ rule }) => JSON.stringify(rule))
  return [...byRule.values()].flatMap((parts) => {
    const choices = comparable(source).map((factor) => questionsAlong(factor, parts, source))
    const fewest = choices.toSorted((a, b) => a.length - b.length)[0] ?? []
    return fewest.map((question) => ({ question, isGate: true }))
  })
}

function questionsAlong(factor: Factor, parts: readonly FirstStep[], source: TimesSource): readonly TimesQuestion[] {
  const groups = Map.groupBy(parts, ({ where, after }) => {
    const { [factor.path]: own, ...rest } = where
    return JSON.stringify([Object.entries(rest).toSorted(), own === undefined ? after : 'own'])
  })
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    const { [factor.path]: own, ...rest } = first.where
    const steps = new Map(
      group.flatMap(({ where, after }) => (where[factor.path] === undefined ? [] : [[where[factor.path] ?? '', after]])),
    )
    const after = own === undefined || steps.size < 2 ? first.after : Object.fromEntries(steps) // a gate about one level: all are compared
    return [{ ...first.rule, factor: factor.path, after, where: held(source, factor, rest) }]
  })
}

function firstStepOf({ metric, over, where }: VerdictPart): FirstStep[] {
  if (typeof over !== 'object' || over === null || !('after' in over)) return []
  const { firstAtLeast, firstAtMost, after } = over
  const rule =
    typeof firstAtLeast === 'number'
      ? { metric, atLeast: firstAtLeast }
      : typeof firstAtMost === 'number'
        ? { metric, atMost: firstAtMost }
        : null
  if (rule === null || typeof after !== 'number') return []
  return [{ rule, after, where: Object.fromEntries(where.map(({ factor, label }) => [factor, label])) }]
}

/** The factor with most levels, once for each level of the next one; a study whose gates ask about the metric already has its answer. */
export function collapseQuestions(source: TimesSource): readonly Asked[] {
  const metric = 'collapsed'
  const isAsked = source.verdict.some((part) => part.metric === metric && firstStepOf(part).length > 0)
  const [main, other] = comparable(source).toSorted((a, b) => b.levels.length - a.levels.length)
  if (isAsked || main === undefined || !source.metrics.some(({ name }) => name === metric)) return []
  const levels = other === undefined ? [{}] : other.levels.map(({ label }) => ({ [other.path]: label }))
  return levels.map((where) => ({ question: { metric, atLeast: 1, factor: main.path, where: held(source, main, where) }, isGate: false }))
}

/** Other factors at their first level unless they are held already: runs that differ in them are no replicates. */
function held({ factors }: TimesSource, main: Factor, where: Readonly<Record<string, string>>): Record<string, string> {
  const first = factors.flatMap(({ path, levels }) =>
    path === main.path || levels[0] === undefined ? [] : [[path, levels[0].label] as const],
  )
  return { ...Object.fromEntries(first), ...where }
}

function sum({ levels }: Survival, of: (level: Survival['levels'][number]) => number): number {
  return levels.reduce((total, level) => total + of(level), 0)
}
