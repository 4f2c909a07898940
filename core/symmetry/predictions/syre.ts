/**
 * Ridge regression whose decay is centred at a fixed bias, for the plain linear model under syre. With the metric D of a diagonal decay, in ψ = √D·θ:
 *
 *   min of (1/n)‖XD^{−1/2}ψ − y‖² + (γ/c)‖ψ − √D·θ₀‖²
 *
 * Of products under syre only an expansion in θ₀ is known: nothing is said.
 * Source: theory.md 8.18, 7.2.
 */
import { syre, syreRidge } from '../oracles/syre.ts'
import { joinColumns, regressionOf } from '../oracles/regression.ts'
import { commonDecay, isMeanSquare, isPlain, meanSquareScale, orUnknown, unknown, type Oracle } from './prediction.ts'

export const syreOracle: Oracle = {
  kind: 'syre',
  ...syre,
  speaksOf: (trained) => {
    const [only, ...others] = trained.reparametrise
    return (
      isPlain(trained) &&
      isMeanSquare(trained) &&
      trained.model.kind === 'linear' &&
      only?.kind === 'syre' &&
      others.length === 0 &&
      !Number.isNaN(commonDecay(trained, ['v/free']))
    )
  },
  predict({ trained, data, constants }) {
    const [n, d, q] = [data.x.rows, data.x.columns, data.y.columns]
    const weightDecay = commonDecay(trained, ['v/free']) / meanSquareScale(trained, n)
    const [bias, metric] = [constants['v/bias'], constants['v/metric']]
    const column = (k: number) => {
      const root = Float64Array.from({ length: d }, (_, j) => Math.sqrt(metric === undefined ? 1 : (metric[j * q + k] ?? Number.NaN)))
      const theta0 = root.map((value, j) => value * (bias?.[j * q + k] ?? Number.NaN))
      const { x, y } = regressionOf(data, k)
      const a = { ...x, values: x.values.map((value, i) => value / (root[i % d] ?? Number.NaN) / Math.sqrt(n)) }
      const psi = syreRidge({ a, y: y.map((value) => value / Math.sqrt(n)) }, { weightDecay, theta0 }).phi
      return psi.map((value, j) => value / (root[j] ?? Number.NaN))
    }
    const vector = joinColumns(Array.from({ length: q }, (_, k) => orUnknown(d, () => column(k))))
    return { oracle: syre.number, vector, margin: unknown(vector.length) }
  },
}
