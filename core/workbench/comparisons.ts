/** Comparisons: gathers the runs of each level and lets a job compute; the host's process never does. */
import type { z } from 'zod'
import type { Comparison, ComparisonQuery } from '#core/contract/comparison.ts'
import { comparison, comparisonQuery } from '#core/contract/comparison.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { problemsOf } from '#core/contract/problems.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import type { Readable } from '#core/store/statements.ts'
import { readStudy } from '#core/store/studies.ts'
import type { Job, Result } from '#core/trainer/protocol.ts'
import { factorAt, isAtLevels, requireLevels, unknown } from './levels.ts'
import { allRuns } from './studies.ts'

export type RunJobOnce = (spec: Job) => Promise<Result>

/** Levels of a factor against its baseline, on the last value of a metric; the other factors held where the query says. */
export async function compare(db: Readable, asked: ComparisonQuery, run: RunJobOnce): Promise<Comparison> {
  const query = comparisonQuery.safeParse(asked)
  if (!query.success) {
    const problems = problemsOf({ route: 'compare', issues: query.error.issues, input: asked })
    throw new Refusal('invalid-input', problems[0] ?? 'compare: expected a query', problems.length > 1 ? problems : [])
  }
  const result = await run({ kind: 'compare', request: requestOf(db, query.data) })
  if (result.kind !== 'compare') throw new Error(`bug: a comparison ended with a result of ${result.kind}`)
  return comparison.parse(result.comparison)
}

function requestOf(db: Readable, { study, factor, metric, baseline, test, level, where }: z.output<typeof comparisonQuery>): unknown {
  const summary = readStudy(db, study)
  const { levels } = factorAt(summary.factors, factor, 'factor')
  const metrics = summary.metrics.map(({ name }) => name)
  if (!metrics.includes(metric)) throw unknown('metric', { got: metric, known: metrics })
  requireLevels(summary.factors, where)
  if (Object.hasOwn(where, factor))
    throw new Refusal('invalid-input', `where: expected factors other than the one that is compared, got ${quote(factor)}`)
  const runs = allRuns(db, study).filter((run) => run.state === 'finished' && isAtLevels(run, where))
  return {
    factor,
    metric,
    ...(baseline === undefined ? {} : { baseline }),
    test,
    confidence: level,
    where,
    pooled: summary.factors
      .filter(({ path, levels: all }) => path !== factor && all.length > 1 && !Object.hasOwn(where, path))
      .map(({ path }) => path),
    key: split(rootKey({ base: 0, cell: summary.hash, replicate: 0 }), `compare/${factor}/${metric}`),
    levels: levels.map(({ label, value }) => ({ label, value, runs: valuesAt(runs, { factor, value, metric }) })),
  }
}

/** The runs of a level with their last values, ±∞ among them; null where a run has none, because it diverged. A metric that the level's runs do not record leaves them out. */
function valuesAt(
  runs: readonly Run[],
  { factor, value, metric }: { factor: string; value: Json; metric: string },
): { run: string; value: number | null; isStopped: boolean }[] {
  return runs.flatMap(({ id, levels, values, outcome }) => {
    const isAtLevel = levels.some((level) => level.factor === factor && canonicalJson(level.value) === canonicalJson(value))
    const last = values[metric]
    return isAtLevel && last !== undefined
      ? [{ run: id, value: Number.isNaN(last) ? null : last, isStopped: outcome?.kind === 'stopped-by-gate' }]
      : []
  })
}
