import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { criticalLevel } from './criticalLevel.ts'
import { dataOf } from './kinds.ts'
import type { StudyFile } from './schema.ts'
import { freezeStudy, readStudy } from './study.ts'

const noFile = (path: string): string => {
  throw new Error(`no study here names the file ${path}`)
}

/** The critical level of a study's first combination, on the data of one seed. */
function criticalOf(more: Readonly<Record<string, unknown>>, design: Readonly<Record<string, unknown>> = {}) {
  const text = JSON.stringify({
    kagami: 1,
    name: 'small',
    model: { kind: 'matrix-factorisation', width: 2 },
    data: { kind: 'low-rank-matrix', rows: 3, columns: 2, singularValues: [2, 0.8] },
    loss: { kind: 'sse' },
    optimiser: { kind: 'sgd', learningRate: 0.05 },
    training: { steps: 100 },
    design: {
      kind: 'bisection',
      factor: 'regularisation.weightDecay',
      from: 0.01,
      to: 5,
      precision: 0.1,
      scale: 'log',
      above: { metric: 'numeric-rank', atMost: 1 },
      ...design,
    },
    ...more,
  })
  const { file, cells } = freezeStudy(readStudy({ text, name: 'study.json', overrides: [] }), noFile)
  const key = split(rootKey({ base: 1, cell: '0'.repeat(64), replicate: 1 }), 'data')
  const data = (study: StudyFile) => {
    const { kind, settings } = dataOf(study)
    return kind.make(settings, key, { bytes: noBytes, table: noBytes, classTable: noBytes })
  }
  const [cell] = cells
  if (cell === undefined || file.design.kind !== 'bisection') throw new Error('a bisection has cells')
  return criticalLevel(cell.study, file.design, data)
}

const noBytes = (): never => {
  throw new Error('no study here reads a file')
}
const rank = (atMost: number) => ({ above: { metric: 'numeric-rank', atMost } })
const residual = { above: { metric: 'mirror-residual:rotation', atMost: 1e-3 } }

describe('the critical level', () => {
  // Origin: theory.md 8.5, a singular value of the fit dies at γ = σ; the numeric rank counts those above a thousandth of the largest, so that the
  // second is missed from 0.8 − γ = (2 − γ) / 1000 on, at γ = 0.798 / 0.999.
  test.each([
    [rank(1), 0.798 / 0.999],
    [rank(0), 2],
    [{ above: { metric: 'largest-singular-value', atMost: 0.5 } }, 1.5],
    // √((0.8 − γ) / (2.8 − 2γ)) = 1e-3 at γ = (0.8 − 2.8e-6) / (1 − 2e-6)
    [residual, (0.8 - 2.8e-6) / (1 - 2e-6)],
  ])('of a factorised matrix with the singular values 2 and 0.8 (%j) is %d', (design, expected) => {
    const found = criticalOf({}, design)
    expect(found?.oracle).toBe('8.5')
    expect(Math.abs((found?.level ?? Number.NaN) - expected)).toBeLessThan(1e-12) // singular values to 1e-15, a thousandth of their ratio
  })

  test('of products is that of the lasso’s first zero, on data of one’s own', () => {
    // Origin: theory.md 8.2. X = rows (1,0) (0,1) (1,1) (1,−1), Y = (1,2,2,0): on the support Xᵀ(Y − Xv)/n = γ gives v = (1 − 4γ/3, 4/3 − 4γ/3); the first is 0 from γ = 3/4 on
    const study = {
      model: { kind: 'product-linear', depth: 2 },
      loss: { kind: 'mse' },
      data: { kind: 'inline', x: [[1, 0], [0, 1], [1, 1], [1, -1]], y: [[1], [2], [2], [0]] }, // prettier-ignore
    }
    const first = criticalOf(study, { above: { metric: 'mirror-residual:rescaling', atMost: 1e-9 } })
    expect(Math.abs((first?.level ?? Number.NaN) - 0.75)).toBeLessThan(1e-9)
    const all = criticalOf(study, { above: { metric: 'zeros', atLeast: 2 } })
    expect(Math.abs((all?.level ?? Number.NaN) - (1 - 0.75e-6))).toBeLessThan(1e-9) // below 1e-6 counts as zero: 4(1 − γ)/3 = 1e-6
  })

  test.each<[string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ['the theory has no closed form', { model: { kind: 'perceptron', widths: [4] } }, { above: { metric: 'parameter-norm', atMost: 1 } }],
    ['the prediction is on one side at both ends', {}, { from: 0.9, ...rank(1) }],
    ['the sides are the other way round', {}, { above: { metric: 'numeric-rank', atLeast: 2 } }],
    ['the metric cannot be told from the prediction', {}, { above: { metric: 'parameter-norm', atMost: 1 } }],
    ['the metric is a loss', {}, { above: { metric: 'loss', atLeast: 1 } }],
    ['the rule is about a time', {}, { above: { metric: 'numeric-rank', over: { firstAtMost: 1 }, atMost: 50 } }],
  ])('is none where %s', (_, more, design) => {
    expect(criticalOf(more, design)).toBeNull()
  })
})
