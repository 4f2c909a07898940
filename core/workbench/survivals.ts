/** Time until an event: finds when each run first recorded it and lets a job estimate; the host's process never does. */
import type { z } from 'zod'
import type { LevelDurations, RunEnd, SurvivalQuestion } from '#core/analysis/comparison/compareSurvival.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { problemsOf } from '#core/contract/problems.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Factor } from '#core/contract/studies.ts'
import { survival, survivalQuery, type Survival, type SurvivalQuery } from '#core/contract/survival.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { firstRecords } from '#core/store/firstRecords.ts'
import type { Readable } from '#core/store/statements.ts'
import { readStudy } from '#core/store/studies.ts'
import type { RunJobOnce } from './comparisons.ts'
import { factorAt, isAtLevels, requireLevels, unknown } from './levels.ts'
import { allRuns } from './studies.ts'

type Query = z.output<typeof survivalQuery>

/** Levels of a factor by how long their runs take until a metric reaches a value; the other factors held where the query says. */
export async function survive(db: Readable, asked: SurvivalQuery, run: RunJobOnce): Promise<Survival> {
  const query = survivalQuery.safeParse(asked)
  if (!query.success) {
    const problems = problemsOf({ route: 'survival', issues: query.error.issues, input: asked })
    throw new Refusal('invalid-input', problems[0] ?? 'survival: expected a query', problems.length > 1 ? problems : [])
  }
  const result = await run({ kind: 'compare', request: requestOf(db, query.data) })
  if (result.kind !== 'compare') throw new Error(`bug: a comparison ended with a result of ${result.kind}`)
  return survival.parse(result.comparison)
}

function requestOf(db: Readable, query: Query): SurvivalQuestion & { readonly quantity: 'time' } {
  const { study, factor, metric, baseline, level, where, atMost = Infinity, atLeast = -Infinity } = query
  const summary = readStudy(db, study)
  const levels = levelsOf(factorAt(summary.factors, factor, 'factor'), query.after)
  const metrics = summary.metrics.map(({ name }) => name)
  if (!metrics.includes(metric)) throw unknown('metric', { got: metric, known: metrics })
  requireLevels(summary.factors, where)
  if (Object.hasOwn(where, factor))
    throw new Refusal('invalid-input', `where: expected factors other than the one that is compared, got ${quote(factor)}`)
  const seen = allRuns(db, study).filter((run) => run.state !== 'queued' && run.state !== 'running' && isAtLevels(run, where))
  const ofLevel = levels.map((one) => ({ ...one, runs: seen.filter((run) => isAt(run, factor, one)) }))
  const from = new Map(ofLevel.flatMap(({ after, runs }) => runs.map(({ id }) => [id, after])))
  const records = firstRecords(db, {
    study,
    metric,
    fromStep: (run) => from.get(run) ?? null,
    isReached: (value) => value >= atLeast && value <= atMost,
  })
  return {
    quantity: 'time',
    factor,
    metric,
    rule: query.atMost === undefined ? 'at-least' : 'at-most',
    limit: query.atMost ?? query.atLeast ?? 0,
    ...(baseline === undefined ? {} : { baseline }),
    confidence: level,
    resolution: records.widestGap,
    where,
    pooled: summary.factors
      .filter(({ path, levels: all }) => path !== factor && all.length > 1 && !Object.hasOwn(where, path))
      .map(({ path }) => path),
    levels: ofLevel.map(({ label, value, after, runs }) => {
      const durations = runs.flatMap((run) => durationOf(run, after, records.runs))
      const recorded = runs.filter(({ id }) => records.runs.has(id)).length // a level whose runs do not record the metric has none that are unseen
      return { label, value, after, unseen: recorded - durations.length, runs: durations }
    }),
  }
}

type Level = Factor['levels'][number] & { readonly after: number }

/** The levels that are compared, each with the step from which its time is counted. */
function levelsOf({ levels }: Factor, after: Query['after']): readonly Level[] {
  if (typeof after === 'number') return levels.map((level) => ({ ...level, after }))
  const labels = levels.map(({ label }) => label)
  for (const label of Object.keys(after)) if (!labels.includes(label)) throw unknown('after', { got: label, known: labels })
  return levels.flatMap((level) => (Object.hasOwn(after, level.label) ? [{ ...level, after: after[level.label] ?? 0 }] : []))
}

function isAt({ levels }: Run, factor: string, { value }: Level): boolean {
  return levels.some((level) => level.factor === factor && canonicalJson(level.value) === canonicalJson(value))
}

/** Until the first record with the event, or until the last without it; none for a run that has no record. */
function durationOf(run: Run, after: number, records: ReturnType<typeof firstRecords>['runs']): LevelDurations['runs'] {
  const { begin = null, first = null, last = null } = records.get(run.id) ?? {}
  if (last === null) return []
  return [{ run: run.id, time: (first ?? last) - after, end: first === null ? endOf(run) : first === begin ? 'eventAtStart' : 'event' }]
}

/** How a run without the event ended. */
function endOf({ state, outcome }: Run): RunEnd {
  if (state !== 'finished') return 'unfinished'
  switch (outcome?.kind) {
    case 'diverged':
      return 'diverged'
    case 'stopped-by-gate':
      return 'stopped'
    case 'reached-last-step':
    case undefined:
      return 'lastStep'
  }
}
