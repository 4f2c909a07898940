/**
 * Data written in the study itself: a few rows, for a closed form or a worked example.
 *
 * Shared by all runs. Without `y` the rows are to be reconstructed: the targets are the inputs.
 */
import { z } from 'zod'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { columnNames, plainTraits, sameWords, type DataKind } from './data.ts'

const rows = z.array(z.array(z.number()).min(1)).min(1).max(10_000)

const settings = z
  .strictObject({
    kind: z.literal('inline'),
    x: rows.describe('rows of inputs'),
    y: rows.optional().describe('a row of targets for each row of inputs; the inputs themselves when left out'),
  })
  .superRefine(({ x, y }, { addIssue }) => {
    for (const [field, matrix] of Object.entries({ x, y })) {
      const ragged = matrix?.findIndex((row) => row.length !== matrix[0]?.length) ?? -1
      if (ragged >= 0)
        addIssue({ code: 'custom', path: [field, ragged], message: `expected ${matrix?.[0]?.length} numbers as in the first row` })
    }
    if (y !== undefined && y.length !== x.length)
      addIssue({ code: 'custom', path: ['y'], message: `expected ${x.length} rows, as many as x has` })
  })

const matrixOf = (values: readonly (readonly number[])[]): Matrix => ({
  rows: values.length,
  columns: values[0]?.length ?? 0,
  values: Float64Array.from(values.flat()),
})

export const inline: DataKind<typeof settings> = {
  kind: 'inline',
  title: { en: 'Rows in the study', ja: 'スタディに書いたデータ' },
  settings,
  shapeOf: ({ kind, x, y }) => ({ kind, x, y: y ?? null }), // the stack holds it once
  files: () => [],
  describe: ({ x }) => sameWords(`${x.length} × ${x[0]?.length ?? 0}`),
  isShared: () => true,
  traits: ({ x, y }) => ({ ...plainTraits, hasManyOutputs: ((y ?? x)[0]?.length ?? 0) > 1 }),
  make({ x, y }) {
    const part = { x: matrixOf(x), y: matrixOf(y ?? x) }
    return {
      features: columnNames('x', part.x.columns),
      targets: columnNames('y', part.y.columns),
      train: part,
      validation: null,
      test: null,
    }
  },
}
