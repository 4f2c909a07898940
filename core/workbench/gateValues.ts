/** The values that gates judge: a run's last recorded ones, or numbers made of its recorded series, read once for each metric. */
import type { GateValue } from '#core/study/verdict.ts'
import { reduceSeries, type Over } from '#core/study/gates.ts'
import { readSeries } from '#core/store/readSeries.ts'
import type { Readable } from '#core/store/statements.ts'

const everyRow = 10_000_000 // buckets: a series that could have more is refused by its steps

export function gateValues(db: Readable, study: string): GateValue {
  const known = new Map<string, ReadonlyMap<string, number>>()
  return ({ metric, over }, run) => {
    if (over === 'last') return run.values[metric] ?? Number.NaN
    const name = JSON.stringify([metric, over])
    const values = known.get(name) ?? reduced(db, { study, metric, over, last: run.steps })
    known.set(name, values)
    return values.get(run.id) ?? Number.NaN
  }
}

type Asked = { readonly study: string; readonly metric: string; readonly over: Over; readonly last: number }

function reduced(db: Readable, { study, metric, over, last }: Asked): ReadonlyMap<string, number> {
  const { blocks } = readSeries(db, { study, metric, buckets: everyRow })
  return new Map(
    blocks.flatMap(({ runs, steps, values }) =>
      runs.map((run, lane): [string, number] => {
        const own = values.subarray(lane * steps.length, (lane + 1) * steps.length)
        return [run, reduceSeries(over, { steps, values: own, last })]
      }),
    ),
  )
}
