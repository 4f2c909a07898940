/** The figures, each with a caption in words and its numbers as a table. */
import type { TableTwin } from '#core/presentation/charts/chart.ts'
import { charts, type Figure } from '#core/presentation/charts/registry.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import type { Block } from '../document.ts'
import type { ReportFigure, ReportModel } from '../model.ts'

const twinLimit = 1_500 // numbers: a longer table is no reading matter, and the project holds it

export function figures(model: ReportModel, words: Catalogue): Block[] {
  const own = model.figures.filter(({ kind }) => kind !== 'phase') // those have a section of their own, behind these
  if (own.length === 0) return []
  return [
    { kind: 'heading', text: words('report.figures.heading') },
    ...own.map((figure, index) => figureBlock(toFigure(figure), index + 1, words)),
  ]
}

/** A figure as the report shows it, beneath it its numbers as a table. */
export function figureBlock(figure: Figure, number: number, words: Catalogue): Block {
  const { alternative, table } = described(figure, words)
  const count = table.rows.length * table.columns.length
  return {
    kind: 'figure',
    figure,
    caption: alternative,
    alternative,
    twin: {
      title: words('report.figures.twin', { number }),
      table: count <= twinLimit ? table : null,
      leftOut: words('report.figures.twinLeftOut', { count }),
    },
  }
}

function described(figure: Figure, words: Catalogue): { alternative: string; table: TableTwin } {
  switch (figure.kind) {
    case 'curves':
      return { alternative: charts.curves.alternative(figure.data, words), table: charts.curves.tableTwin(figure.data, words) }
    case 'levels':
      return { alternative: charts.levels.alternative(figure.data, words), table: charts.levels.tableTwin(figure.data, words) }
    case 'path':
      return { alternative: charts.path.alternative(figure.data, words), table: charts.path.tableTwin(figure.data, words) }
    case 'phase':
      return { alternative: charts.phase.alternative(figure.data, words), table: charts.phase.tableTwin(figure.data, words) }
    case 'survival':
      return { alternative: charts.survival.alternative(figure.data, words), table: charts.survival.tableTwin(figure.data, words) }
    case 'transition':
      return { alternative: charts.transition.alternative(figure.data, words), table: charts.transition.tableTwin(figure.data, words) }
    default:
      return figure satisfies never
  }
}

/** A chart's data, with NaN where JSON had null. */
export function toFigure(figure: ReportFigure): Figure {
  switch (figure.kind) {
    case 'curves': {
      const groups = figure.data.groups.map(({ label, lines, mean }) => ({
        label,
        lines: lines.map(({ run, steps, values }) => ({ run, steps, values: reals(values) })),
        ...(mean === undefined ? {} : { mean: reals(mean) }),
      }))
      const { logSteps = false } = figure.data
      return { kind: 'curves', data: { ...figure.data, logSteps, groups } }
    }
    case 'levels': {
      const groups = figure.data.groups.map(({ label, levels }) => ({
        label,
        levels: levels.map((level) => ({ ...level, points: reals(level.points) })),
      }))
      return { kind: 'levels', data: { ...figure.data, groups } }
    }
    case 'path': {
      const points = (all: readonly { level: number; value: number | null }[]) =>
        all.map(({ level, value }) => ({ level, value: value ?? Number.NaN }))
      const coefficients = figure.data.coefficients.map(({ name, measured, predicted }) => ({
        name,
        measured: points(measured),
        predicted: points(predicted),
      }))
      return { kind: 'path', data: { ...figure.data, coefficients } }
    }
    case 'phase':
      return figure // what is missing in it is null
    default:
      return figure satisfies never
  }
}

function reals(values: readonly (number | null)[]): number[] {
  return values.map((value) => value ?? Number.NaN)
}
