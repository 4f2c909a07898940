/** The rectangles of a phase diagram: coloured, crossed where runs diverged, hatched where there is none. */
import type { CustomSeriesOption } from 'echarts'
import type { Phase, PhaseCell } from '#core/contract/phase.ts'
import { palette, type Theme } from '../theme.ts'
import { at } from './chart.ts'

type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export type CellLook = {
  readonly edges: { readonly x: readonly number[]; readonly y: readonly number[] } // of the levels' cells, one more than levels
  readonly theme: Theme
  colour(value: number): string
}

const hatchGap = 7 // pixels

export function cellSeries({ cells }: Phase, { edges, colour, theme }: CellLook): CustomSeriesOption {
  const { surface, line, ink2, ink3 } = palette(theme)
  return {
    id: 'cells',
    type: 'custom',
    progressive: 0,
    clip: true,
    z: 1,
    encode: { x: [0, 1], y: [2, 3] },
    data: cells.map((cell) => [at(edges.x, cell.x), at(edges.x, cell.x + 1), at(edges.y, cell.y), at(edges.y, cell.y + 1)]),
    renderItem: ({ dataIndex }, api) => {
      const cell = cells[dataIndex]
      const [left = 0, bottom = 0] = api.coord([api.value(0), api.value(2)])
      const [right = 0, top = 0] = api.coord([api.value(1), api.value(3)])
      const shape = { x: left, y: top, width: right - left, height: bottom - top }
      const fill = cell?.mean == null ? surface : colour(cell.mean)
      const rectangle = { type: 'rect' as const, shape, style: { fill, stroke: cell?.mean == null ? line : fill, lineWidth: 1 } }
      const marks = cell === undefined ? '' : markOf(cell, shape)
      if (marks === '') return rectangle
      const ofSome = cell !== undefined && cell.n > 0
      const stroke = ofSome ? surface : cell?.diverged === 0 ? ink3 : ink2
      return {
        type: 'group',
        children: [
          rectangle,
          { type: 'path', silent: true, shape: { pathData: marks }, style: { stroke, fill: 'none', lineWidth: ofSome ? 1.5 : 1 } },
        ],
      }
    },
  }
}

/** The strokes over a cell, as the data of a path; none for a cell whose runs all have a value. */
export function markOf({ n, diverged }: Pick<PhaseCell, 'n' | 'diverged'>, shape: Rectangle): string {
  if (n === 0) return diverged === 0 ? hatch(shape) : cross(shape)
  if (diverged === 0 || shape.width < 12 || shape.height < 12) return ''
  return cross({ x: shape.x + shape.width - 9, y: shape.y + 3, width: 6, height: 6 }) // in the corner
}

function cross({ x, y, width, height }: Rectangle): string {
  return `${stroke(x, y, x + width, y + height)}${stroke(x, y + height, x + width, y)}`
}

/** Strokes from lower left to upper right, each cut at the cell's borders. */
function hatch({ x, y, width, height }: Rectangle): string {
  const strokes: string[] = []
  for (let d = hatchGap; d < width + height; d += hatchGap)
    strokes.push(stroke(x + Math.max(0, d - height), y + Math.min(d, height), x + Math.min(d, width), y + Math.max(0, d - width)))
  return strokes.join('')
}

function stroke(...[x1, y1, x2, y2]: readonly [number, number, number, number]): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((part) => part.toFixed(1))
  return `M${a} ${b}L${c} ${d}`
}
