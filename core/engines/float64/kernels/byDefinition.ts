/** For the tests of the kernels: arrays of fixed numbers, and results written index by index. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { inFloat64 } from '../float64.ts'
import { tensor64 } from '../make.ts'

export type Shape = readonly number[]
export type Result = { readonly shape: Shape; readonly dtype: string; readonly values: readonly number[] }

const size = (shape: Shape) => shape.reduce((product, n) => product * n, 1)
export const numbers = (shape: Shape, phase = 0) => Array.from({ length: size(shape) }, (_, i) => Math.sin(3 * i + 1 + phase))
export const made = (shape: Shape, phase = 0) => tensor64(numbers(shape, phase), shape)
export const run = (make: () => Tensor): Result => inFloat64(() => resultOf(make()))
export const runs = (make: () => Tensor[]): Result[] => inFloat64(() => make().map(resultOf))
const resultOf = (y: Tensor): Result => ({ shape: [...y.shape], dtype: y.dtype, values: [...y.dataSync()] })

/** All indices below a shape, in row-major order. */
export function indices(shape: Shape): number[][] {
  return shape.reduce<number[][]>((sofar, n) => sofar.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])), [[]])
}
/** The entry at an index of an array that broadcasts: counted from the last axis, 0 where the axis has size 1. */
export function entry(values: readonly number[], shape: Shape, index: Shape): number {
  const own = index.slice(index.length - shape.length)
  const place = shape.reduce((sum, n, axis) => sum * n + (n === 1 ? 0 : (own[axis] ?? 0)), 0)
  return values[place] ?? Number.NaN
}
export const define = (shape: Shape, of: (index: number[]) => number, dtype = 'float32'): Result => ({
  shape,
  dtype,
  values: indices(shape).map(of),
})
