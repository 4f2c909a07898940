/** The lasso, for products of two factors under weight decay: a model of its own or a linear one reparametrised. Source: theory.md 8.2. */
import { matchingNames } from '#core/learning/pattern.ts'
import type { Reparametrisation } from '#core/learning/reparametrise/registry.ts'
import { lasso, residualCorrelation } from '../oracles/lasso.ts'
import { joinColumns, regressionOf } from '../oracles/regression.ts'
import { hasMeanSquareDecay, isPlain, meanSquareDecay, meanSquareScale, type Oracle } from './prediction.ts'

export const lassoOracle: Oracle = {
  kind: 'lasso',
  number: '8.2',
  title: { en: 'Lasso', ja: 'Lasso' },
  speaksOf: (trained) =>
    isPlain(trained) &&
    hasMeanSquareDecay(trained) &&
    ((trained.model.kind === 'product-linear' && trained.model.depth === 2 && trained.reparametrise.length === 0) ||
      (trained.model.kind === 'linear' && isSpred(trained.reparametrise))),
  predict({ trained, data }) {
    const weightDecay = meanSquareDecay(trained, data.x.rows)
    const scale = meanSquareScale(trained, data.x.rows)
    const columns = Array.from({ length: data.y.columns }, (_, k) => {
      const regression = regressionOf(data, k)
      const vector = lasso(regression, weightDecay)
      const margin = residualCorrelation(regression, vector).map((value, j) =>
        vector[j] === 0 ? scale * (weightDecay - Math.abs(value)) : Number.NaN,
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

/** Whether all that is reparametrised is the whole of the coefficients as a product of two. */
function isSpred(list: readonly Reparametrisation[]): boolean {
  const [only, ...others] = list
  return only?.kind === 'product' && only.depth === 2 && others.length === 0 && matchingNames(only.parameters, ['v']).length === 1
}
