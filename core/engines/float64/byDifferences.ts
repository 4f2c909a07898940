/** For the tests of derivatives: gradients held to central differences of values, Hessians to central differences of gradients. */
import { add, mul, square, sum, type Tensor } from '@tensorflow/tfjs-core'
import { gradient64, hessianVector64, type Arrays64, type Scalar64 } from './derivatives.ts'
import { scalar, tensor64 } from './make.ts'

export const numbers = (length: number, phase = 0) => Float64Array.from({ length }, (_, i) => Math.sin(3 * i + 1 + phase))
export const parameter = (shape: readonly number[], phase = 0) => ({ shape, values: numbers(shape.reduce((product, n) => product * n, 1), phase) }) // prettier-ignore
export const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? Number.NaN), 0)
export const part = (record: Readonly<Record<string, Tensor>>, name: string) => record[name] as Tensor // a name of the test's own

/** θ + t·v */
export function moved(theta: Arrays64, v: Readonly<Record<string, Float64Array>>, t: number): Arrays64 {
  return Object.fromEntries(
    Object.entries(theta).map(([name, { shape, values }]) => [name, { shape, values: values.map((x, i) => x + t * (v[name]?.[i] ?? 0)) }]),
  )
}
export const directions = (theta: Arrays64, phase: number) =>
  Object.fromEntries(Object.entries(theta).map(([name, { values }], i) => [name, numbers(values.length, phase + 0.7 * i)]))
export const together = (record: Readonly<Record<string, Float64Array>>) => Object.values(record).flatMap((values) => [...values])

/** The derivative at 0 of a curve, by differences of order h⁴: (8(c₁ − c₋₁) − (c₂ − c₋₂)) / 12h. */
export function slope(curve: (t: number) => readonly number[]): number[] {
  // h = 2⁻¹⁰: the difference errs by h⁴c⁽⁵⁾/30 ≈ 3e-14 c⁽⁵⁾, rounding by 2⁻⁵³ · |c| / h ≈ 1e-13 · |c|
  const h = 2 ** -10
  const [one, back, two, farBack] = [curve(h), curve(-h), curve(2 * h), curve(-2 * h)]
  const at = (values: readonly number[], i: number) => values[i] ?? Number.NaN
  return one.map((x, i) => (8 * (x - at(back, i)) - (at(two, i) - at(farBack, i))) / (12 * h))
}

type Pair = { readonly exact: readonly number[]; readonly differences: readonly number[] }

/** Along one direction: the slope of f, and the Hessian times it; each beside its central differences. */
export function derivativesOf(f: Scalar64, theta: Arrays64): { readonly slope: Pair; readonly product: Pair } {
  const v = directions(theta, 2)
  const { gradient } = gradient64(f, theta)
  const along = dot(Float64Array.from(together(gradient)), Float64Array.from(together(v)))
  return {
    slope: { exact: [along], differences: slope((t) => [gradient64(f, moved(theta, v, t)).value]) },
    product: {
      exact: together(hessianVector64(f, theta, v)),
      differences: slope((t) => together(gradient64(f, moved(theta, v, t)).gradient)),
    },
  }
}

/**
 * Operations with their second derivative in use: x + x²/4 goes in, and what comes out is squared and weighted, so that a term that a tape loses is missing
 * in the result.
 */
export const twice = (op: (x: Tensor) => Tensor, shape: readonly number[], shift = 0): [Scalar64, Arrays64] => [
  (theta) => {
    const x = part(theta, 'x')
    const y = op(add(add(x, mul(square(x), 0.25)), scalar(shift)))
    return sum(mul(add(y, square(y)), tensor64(numbers(y.size, 0.3), y.shape)))
  },
  { x: parameter(shape) },
]
export const other = (shape: readonly number[]) => tensor64(numbers(shape.reduce((product, n) => product * n, 1), 1.7), shape) // prettier-ignore
