/** `kagami compare P --by X --and Y --metric M`: a metric over two factors, and the theory's boundary between what collapses and what does not. */
import type { Phase, PhaseCell } from '#core/contract/phase.ts'
import type { Study } from '#core/contract/studies.ts'
import type { Cell } from '#core/formats/csv.ts'
import type { PhaseData } from '#core/presentation/charts/phase.ts'
import { phase as phaseChart } from '#core/presentation/charts/phase.ts'
import { reportWords } from '#core/report/words.ts'
import type { Table } from '../output.ts'

/** A row for each level of y, a column for each of x: the mean, or a word where there is none. */
export function phaseTable({ x, y, cells }: Phase): Table {
  return {
    columns: [`${y.factor} \\ ${x.factor}`, ...x.levels.map(({ label }) => label)],
    rows: y.levels.map(({ label }, j): Cell[] => [label, ...cells.slice(j * x.levels.length, (j + 1) * x.levels.length).map(cellOf)]),
  }
}

function cellOf({ mean, n, diverged }: PhaseCell): Cell {
  if (n > 0) return mean
  return diverged > 0 ? 'diverged' : null
}

const shownPoints = 9 // of a piece of the boundary: enough to see where it runs

/** Points of every piece, evenly taken, both ends among them; all are in the JSON. Null where the theory draws none. */
export function boundaryTable({ x, y, boundary }: Phase): Table | null {
  if (boundary === null || boundary.lines.length === 0) return null
  const [along, across] = boundary.along === 'x' ? [x.factor, y.factor] : [y.factor, x.factor]
  return {
    columns: [along, `boundary in ${across}`, 'least over seeds', 'largest over seeds', 'collapse'],
    rows: boundary.lines.flatMap(({ collapses, points }) =>
      evenly(points).map(({ at, value, low, high }): Cell[] => [at, value, low, high, collapses]),
    ),
  }
}

function evenly<Point>(points: readonly Point[]): readonly Point[] {
  const count = Math.min(shownPoints, points.length)
  const places = new Set(Array.from({ length: count }, (_, i) => Math.round((i * (points.length - 1)) / Math.max(1, count - 1))))
  return points.filter((_, i) => places.has(i))
}

/** What the diagram shows, in a sentence or two. */
export function phaseSentence(phase: Phase, { factors, metrics }: Pick<Study, 'factors' | 'metrics'>): string {
  const title = (path: string) => ({ title: factors.find((factor) => factor.path === path)?.title ?? { en: path, ja: path } })
  const { name: _, ...metric } = metrics.find(({ name }) => name === phase.metric) ?? {
    name: '',
    title: { en: phase.metric, ja: phase.metric },
    unit: '',
    scale: 'linear' as const,
  }
  const data: PhaseData = { metric, x: title(phase.x.factor), y: title(phase.y.factor), phase }
  return phaseChart.alternative(data, reportWords('en'))
}
