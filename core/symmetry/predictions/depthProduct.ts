/**
 * Products of D ≥ 3 factors, where the answer does not depend on the start: zero above γ_up, where no other minimum exists, and the target itself without decay.
 * NaN in between, where zero and another value are both minima, and for inputs that are not white.
 * Source: theory.md 8.3.
 */
import { maxAbs } from '#core/numerics/linalg/vector.ts'
import { depthProduct, depthTransition } from '../oracles/depthProduct.ts'
import type { Boundary } from './boundary.ts'
import { commonDecay, isMeanSquare, isPlain, meanSquareScale, unknown, type Oracle } from './prediction.ts'
import { factorsOf } from './products.ts'
import { mayHaveTarget, targetOf, whitened } from './target.ts'

export const depthProductOracle: Oracle = {
  kind: 'depth-product',
  ...depthProduct,
  speaksOf: (trained) => {
    const factors = factorsOf(trained) ?? []
    return (
      isPlain(trained) &&
      isMeanSquare(trained) &&
      factors.length >= 3 &&
      mayHaveTarget(trained) &&
      !Number.isNaN(commonDecay(trained, factors))
    )
  },
  predict({ trained, data }) {
    const factors = factorsOf(trained) ?? []
    const weightDecay = commonDecay(trained, factors)
    const found = targetOf(trained, data)
    const { scale, target } = found ?? { scale: Number.NaN, target: { values: unknown(data.x.columns * data.y.columns) } }
    const largest = (y: number) => (Number.isNaN(y) ? Number.NaN : scale * depthTransition({ depth: factors.length, y }).upper) // γ_up in units of the study's γ
    const vector = target.values.map((y) => (weightDecay === 0 ? y : weightDecay > largest(y) ? 0 : Number.NaN))
    const margin = vector.map((value, j) =>
      value === 0 && weightDecay > 0 ? weightDecay - largest(target.values[j] ?? Number.NaN) : Number.NaN,
    )
    return { oracle: depthProduct.number, vector, margin }
  },
}

/**
 * From γ_up of the largest target on nothing but zero is left. Below it zero attracts too, from starts that are small enough: what begins near its target stays there.
 *
 * @returns  γ − cγ_up(max|y|)
 * Source: theory.md 8.3.
 */
export const depthProductBoundary: Boundary = {
  kind: depthProductOracle.kind,
  number: depthProductOracle.number,
  title: depthProductOracle.title,
  speaksOf: (trained) => depthProductOracle.speaksOf(trained),
  criterionOn(data) {
    const found = whitened(data)
    const largest = found === null ? Number.NaN : maxAbs(found.target.values)
    return (trained) => {
      const factors = factorsOf(trained) ?? []
      if (found === null || Number.isNaN(largest)) return Number.NaN
      const scale = meanSquareScale(trained, data.x.rows) * found.share
      return commonDecay(trained, factors) - scale * depthTransition({ depth: factors.length, y: largest }).upper
    }
  },
}
