/**
 * Dimensional collapse in the self-supervised landscape: the singular values of W are the roots of the diagonal of WᵀW. NaN for data that is not two rows, a and s > 0.
 * Source: theory.md 8.16.
 */
import { sslMinimum, sslToy } from '../oracles/sslToy.ts'
import type { Boundary } from './boundary.ts'
import { commonDecay, isPlain, orUnknown, unknown, type Oracle } from './prediction.ts'

export const selfSupervisedOracle: Oracle = {
  kind: 'self-supervised',
  ...sslToy,
  speaksOf: (trained) =>
    isPlain(trained) &&
    trained.loss.kind === 'energy' &&
    trained.optimiser.batch === 'full' &&
    trained.model.kind === 'self-supervised' &&
    trained.reparametrise.length === 0 &&
    !Number.isNaN(commonDecay(trained, ['w'])),
  predict({ trained, data: { x } }) {
    const width = trained.model.kind === 'self-supervised' ? trained.model.width : 0
    const length = Math.min(width, x.columns)
    const weightDecay = commonDecay(trained, ['w'])
    const [a, s] = [x.values.slice(0, x.columns), x.values.slice(x.columns)]
    const squares = x.rows === 2 ? orUnknown(x.columns, () => sslMinimum({ a, s, weightDecay, width })) : unknown(x.columns)
    const vector = squares.map(Math.sqrt).sort().reverse().slice(0, length) // numbers in increasing order, then turned
    // a row of W that is left over ends in the direction that resists longest
    const dying = a
      .map((value) => (weightDecay - value / 2) / 2)
      .filter((rate) => rate >= 0)
      .sort()
    const first = vector.indexOf(0)
    const margin = vector.map((value, i) => (value === 0 ? (dying[i - first] ?? Number.NaN) : Number.NaN))
    return { oracle: sslToy.number, vector, margin }
  },
}

/** Every dimension is collapsed iff 2γ ≥ the largest a: γ − a₁/2. Source: theory.md 8.16. */
export const selfSupervisedBoundary: Boundary = {
  kind: selfSupervisedOracle.kind,
  number: selfSupervisedOracle.number,
  title: selfSupervisedOracle.title,
  speaksOf: (trained) => selfSupervisedOracle.speaksOf(trained),
  criterionOn({ x }) {
    const largest = x.rows === 2 ? Math.max(...x.values.subarray(0, x.columns)) : Number.NaN
    return (trained) => commonDecay(trained, ['w']) - largest / 2
  },
}
