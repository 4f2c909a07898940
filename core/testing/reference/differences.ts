/** Derivatives from values alone: central differences. */
import type { Values } from './models.ts'

/**
 * The gradient of f by central differences.
 *
 *   ∂f/∂θ_i ≈ [f(θ + h e_i) − f(θ − h e_i)] / 2h,   h = 1e-5 · max(1, |θ_i|)
 *
 * @param f   of parameters by name, in float64
 * @param at  the place
 * @returns   in the layout of `at`
 * Accuracy: h²/6 · |f‴| ≈ 2e-11 |f‴| for the cut series, 2⁻⁵³ |f| / h ≈ 1e-11 |f| for cancellation: about 1e-9 for values and derivatives up to 100. Across a kink it is wrong.
 * Cost: two calls of f for each number.
 */
export function centralDifferences(f: (values: Values) => number, at: Values): Values {
  return Object.fromEntries(
    Object.entries(at).map(([name, own]) => [
      name,
      own.map((value, place) => {
        const h = 1e-5 * Math.max(1, Math.abs(value))
        const moved = (by: number) => f({ ...at, [name]: own.map((other, i) => (i === place ? other + by : other)) })
        return (moved(h) - moved(-h)) / (2 * h)
      }),
    ]),
  )
}
