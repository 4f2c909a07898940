/** `kagami compare P --by FACTOR --until 'METRIC<=VALUE'`: levels side by side by the steps until a metric reaches a value. */
import { InvalidArgumentError } from 'commander'
import { quote } from '#core/contract/errors.ts'
import type { LevelSurvival, Survival, SurvivalQuery } from '#core/contract/survival.ts'
import type { Cell } from '#core/formats/csv.ts'
import type { Table } from '../output.ts'

/** What `--until` asks for, as a query has it. */
export type Until = Pick<SurvivalQuery, 'metric' | 'atMost' | 'atLeast'>

/** `loss<=0.1`, `collapsed>=1`; ≤ and ≥ are taken too. */
export function untilRule(text: string): Until {
  const [, metric = '', sign = '', number = ''] = /^(.+?)(<=|>=|≤|≥)(.+)$/s.exec(text) ?? []
  const value = number.trim() === '' ? Number.NaN : Number(number)
  if (metric.trim() === '' || !Number.isFinite(value))
    throw new InvalidArgumentError(`expected METRIC<=VALUE or METRIC>=VALUE with a finite number, got ${quote(text)}`)
  return { metric: metric.trim(), ...(sign === '<=' || sign === '≤' ? { atMost: value } : { atLeast: value }) }
}

export function timesTable({ factor, confidence, horizon, levels }: Survival): Table {
  const percent = `${Math.round(100 * confidence)}%`
  const mean = horizon === null ? 'restricted mean' : `mean up to ${horizon}`
  return {
    columns: [
      factor,
      'n',
      'events',
      'censored',
      'diverged',
      'median steps',
      `${percent} low`,
      `${percent} high`,
      mean,
      `${percent} low of mean`,
      `${percent} high of mean`,
      'p (log-rank)',
      'p (Holm)',
    ],
    rows: levels.map(rowOf),
  }
}

/** `censored` are all runs without the event, `diverged` those of them that diverged. */
function rowOf({ label, n, events, censored, median, restrictedMean, test }: LevelSurvival): Cell[] {
  return [
    label,
    n,
    events,
    n - events,
    censored.diverged,
    median.time,
    median.low,
    median.high,
    restrictedMean?.value ?? null,
    restrictedMean?.low ?? null,
    restrictedMean?.high ?? null,
    test?.p ?? null,
    test?.pAdjusted ?? null,
  ]
}
