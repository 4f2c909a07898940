/** Comparisons: gathers the runs of each level and lets a job compute; the host's process never does. */
import type { Comparison, ComparisonQuery } from '#core/contract/comparison.ts'
import { comparison, comparisonQuery } from '#core/contract/comparison.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import type { Json } from '#core/contract/values.ts'
import { canonicalJson } from '#core/formats/canonicalJson.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import type { Readable } from '#core/store/statements.ts'
import { readStudy } from '#core/store/studies.ts'
import type { Job, Result } from '#core/trainer/protocol.ts'
import { allRuns } from './studies.ts'

export type RunJobOnce = (spec: Job) => Promise<Result>

/** Levels of a factor against its baseline, on the last value of a metric. `where` keeps the other factors at given levels. */
export async function compare(
  db: Readable,
  asked: ComparisonQuery,
  { run, where = {} }: { run: RunJobOnce; where?: Readonly<Record<string, string>> },
): Promise<Comparison> {
  const query = comparisonQuery.parse(asked)
  const result = await run({ kind: 'compare', request: requestOf(db, query, where) })
  if (result.kind !== 'compare') throw new Error(`bug: a comparison ended with a result of ${result.kind}`)
  return comparison.parse(result.comparison)
}

function requestOf(
  db: Readable,
  { study, factor, metric, baseline, test, level }: Required<Pick<ComparisonQuery, 'study' | 'factor' | 'metric'>> & ComparisonQuery,
  where: Readonly<Record<string, string>>,
): unknown {
  const summary = readStudy(db, study)
  const found = summary.factors.find(({ path }) => path === factor)
  if (found === undefined)
    throw new Refusal(
      'invalid-input',
      `factor: expected one of ${summary.factors.map(({ path }) => path).join(', ') || 'none (the study has no factors)'}, got ${quote(factor)}`,
    )
  if (!summary.metrics.some(({ name }) => name === metric)) {
    throw new Refusal(
      'invalid-input',
      `metric: expected one of ${summary.metrics.map(({ name }) => name).join(', ')}, got ${quote(metric)}`,
    )
  }
  const runs = allRuns(db, study).filter((run) => run.state === 'finished' && matchesAll(run, where))
  return {
    factor,
    metric,
    ...(baseline === undefined ? {} : { baseline }),
    test,
    confidence: level,
    key: split(rootKey({ base: 0, cell: summary.hash, replicate: 0 }), `compare/${factor}/${metric}`),
    levels: found.levels.map(({ label, value }) => ({ label, value, runs: valuesAt(runs, { factor, value, metric }) })),
  }
}

function matchesAll({ levels }: Run, where: Readonly<Record<string, string>>): boolean {
  return Object.entries(where).every(([factor, label]) => levels.some((level) => level.factor === factor && level.label === label))
}

/** The runs of a level with their last values; null where a run has none, because it diverged. A metric that the level's runs do not record leaves them out. */
function valuesAt(
  runs: readonly Run[],
  { factor, value, metric }: { factor: string; value: Json; metric: string },
): { run: string; value: number | null }[] {
  return runs.flatMap(({ id, levels, values }) => {
    const isAtLevel = levels.some((level) => level.factor === factor && canonicalJson(level.value) === canonicalJson(value))
    const last = values[metric]
    return isAtLevel && last !== undefined ? [{ run: id, value: Number.isFinite(last) ? last : null }] : []
  })
}
