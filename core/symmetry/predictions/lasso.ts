/**
 * The lasso, for products of two factors under weight decay: a model of its own or a linear one reparametrised. Factors with decays of their own act as √(γ_uγ_w).
 * Source: theory.md 8.2, 8.1.
 */
import { lasso, residualCorrelation } from '../oracles/lasso.ts'
import { joinColumns, regressionOf } from '../oracles/regression.ts'
import type { Boundary } from './boundary.ts'
import { largestPull } from './largestPull.ts'
import { decaysOf, dyingRate, isMeanSquare, isPlain, meanSquareScale, orUnknown, productDecay, type Oracle } from './prediction.ts'
import { factorsOf } from './products.ts'

export const lassoOracle: Oracle = {
  kind: 'lasso',
  number: '8.2',
  title: { en: 'Lasso', ja: 'Lasso' },
  speaksOf: (trained) => {
    const factors = factorsOf(trained)
    return isPlain(trained) && isMeanSquare(trained) && factors?.length === 2 && !Number.isNaN(productDecay(trained, factors))
  },
  predict({ trained, data }) {
    const factors = factorsOf(trained) ?? []
    const decays = decaysOf(trained, factors)
    const scale = meanSquareScale(trained, data.x.rows)
    const columns = Array.from({ length: data.y.columns }, (_, k) => {
      const regression = regressionOf(data, k)
      const vector = orUnknown(data.x.columns, () => lasso(regression, productDecay(trained, factors) / scale))
      const margin = residualCorrelation(regression, vector).map((value, j) =>
        vector[j] === 0 ? dyingRate(decays, scale * Math.abs(value)) : Number.NaN,
      )
      return { vector, margin }
    })
    return {
      oracle: lassoOracle.number,
      vector: joinColumns(columns.map(({ vector }) => vector)),
      margin: joinColumns(columns.map(({ margin }) => margin)),
    }
  },
}

/**
 * All coefficients are zero iff √(γ_uγ_w)/c ≥ ‖XᵀY/n‖_∞.
 *
 * @returns  δ of the coefficient that dies last, in units of γ; at one decay γ − c‖XᵀY/n‖_∞
 * Source: theory.md 8.2.
 */
export const lassoBoundary: Boundary = {
  kind: lassoOracle.kind,
  number: lassoOracle.number,
  title: lassoOracle.title,
  speaksOf: (trained) => lassoOracle.speaksOf(trained),
  criterionOn(data) {
    const pull = largestPull(data)
    return (trained) => dyingRate(decaysOf(trained, factorsOf(trained) ?? []), meanSquareScale(trained, data.x.rows) * pull)
  },
}
