/** The part of a report that holds means over the second half of training, where no run stands still, against the theory of them. */
import type { Run } from '#core/contract/runs.ts'
import type { Metric, Prediction } from '#core/contract/studies.ts'
import { mean } from '#core/numerics/statistics/moments.ts'
import { tInterval } from '#core/numerics/statistics/tInterval.ts'
import type { ReportModel } from '#core/report/model.ts'
import type { Cell } from '#core/study/cells.ts'
import { gate } from '#core/study/gates.ts'
import type { GateValue } from '#core/study/verdict.ts'
import { oracleTitle } from '#core/symmetry/predictions/registry.ts'
import { cellLabels } from './reportTheory.ts'
import { cellId } from './studies.ts'

type Entry = ReportModel['theoryOfMeans'][number]
type Source = {
  readonly runs: readonly Run[]
  readonly predictions: readonly Prediction[]
  readonly metrics: readonly Metric[]
  readonly valueOf: GateValue
}

/** One entry for each oracle and metric with such predictions. */
export function theoryOfMeans(cells: readonly Cell[], source: Source): Entry[] {
  const ofMeans = source.predictions.filter(({ over }) => over === 'last-half')
  const entries = Map.groupBy(ofMeans, ({ oracle, metric }) => JSON.stringify([oracle, metric]))
  return [...entries.values()].flatMap((predictions) => {
    const [first] = predictions
    const metric = source.metrics.find(({ name }) => name === first?.metric)
    const title = oracleTitle(first?.oracle ?? '')
    if (first === undefined || metric === undefined || title === null) return []
    return [{ oracle: first.oracle, title, metric: metric.title, cells: cellsOf(cells, { ...source, predictions }) }]
  })
}

/** The cells that the theory speaks of, each over its runs that reached the last step. */
function cellsOf(cells: readonly Cell[], { runs, predictions, valueOf }: Source): Entry['cells'] {
  const predicted = Map.groupBy(predictions, ({ cell }) => cell)
  const ofCell = Map.groupBy(runs, ({ cell }) => cell)
  const subjects = cells.filter((cell) => predicted.has(cellId(cell)))
  const labels = cellLabels(subjects)
  const lastHalf = gate.parse({ metric: predictions[0]?.metric, over: 'last-half', atMost: 0 }) // only its metric and what of it counts are read
  return subjects.map((cell) => {
    const ended = (ofCell.get(cellId(cell)) ?? []).filter(({ outcome }) => outcome?.kind === 'reached-last-step')
    const values = ended.map((run) => valueOf(lastHalf, run)).filter(Number.isFinite)
    const interval = tInterval(values, 0.95)
    return {
      label: labels.get(cell) ?? '',
      replicates: values.length,
      predicted: mean((predicted.get(cellId(cell)) ?? []).map(({ value }) => value)),
      measured: values.length === 0 ? null : mean(values),
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    }
  })
}
