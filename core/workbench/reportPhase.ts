/** The phase diagram of a report: the first two ordered factors of a study, the others at their first levels, on the metric that its first gate judges. */
import type { Factor, Metric } from '#core/contract/studies.ts'
import type { Phase, PhaseQuery } from '#core/contract/phase.ts'
import type { ReportFigure } from '#core/report/model.ts'

export type PhaseSource = {
  readonly study: string
  readonly factors: readonly Factor[]
  readonly metrics: readonly Metric[]
  readonly gates: readonly { readonly metric: string }[]
}

const mostCells = 2_500 // more would be dust on paper

/** None for a study without two ordered factors, and for a design that fills less than half of the diagram: its levels are no grid. */
export async function phaseFigures(source: PhaseSource, make: (query: PhaseQuery) => Promise<Phase>): Promise<ReportFigure[]> {
  const asked = phaseQuestion(source)
  if (asked === null) return []
  const phase = await make(asked.query)
  const filled = phase.cells.filter(({ n, diverged }) => n + diverged > 0).length
  if (2 * filled < phase.cells.length) return []
  const { name: _, ...metric } = asked.metric
  return [{ kind: 'phase', data: { metric, x: { title: asked.x.title }, y: { title: asked.y.title }, phase } }]
}

type Question = { readonly query: PhaseQuery; readonly x: Factor; readonly y: Factor; readonly metric: Metric }

/** What the diagram is asked for; null where there is nothing to lay out. */
export function phaseQuestion({ study, factors, metrics, gates }: PhaseSource): Question | null {
  const [x, y] = factors.filter(({ ordered, levels }) => ordered && levels.length > 1)
  const judged = gates.flatMap((gate) => metrics.find(({ name }) => name === gate.metric) ?? [])
  const metric = judged[0] ?? metrics[0]
  if (x === undefined || y === undefined || metric === undefined || x.levels.length * y.levels.length > mostCells) return null
  const others = factors.filter((factor) => factor !== x && factor !== y)
  const where = Object.fromEntries(others.flatMap(({ path, levels: [first] }) => (first === undefined ? [] : [[path, first.label]])))
  return { query: { study, x: x.path, y: y.path, metric: metric.name, where }, x, y, metric }
}
