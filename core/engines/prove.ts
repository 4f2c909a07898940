/**
 * The proof of an engine: a timed product of two random matrices, held against the same product in float64.
 *
 * An engine that is there but wrong, or that silently is another one, must not pass: the largest difference is compared with what rounding allows.
 */
import type { EngineName, EngineProof } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { matMul, tensor, type Tensor } from './ops.ts'
import { startEngine } from './registry.ts'

/** Rows of the factors: large enough to measure the wasm engine's speed, small enough for plain JavaScript. */
const sizes: Readonly<Record<EngineName, number>> = { wasm: 512, tensorflow: 512, webgpu: 512, cpu: 192 }

/**
 * Proves one engine in this process; a process proves one engine only, since tfjs keeps its backend.
 *
 * Bound on the error of an entry of AB in float32: n · 2⁻²⁴ · Σ_k |a_ik b_kj| to first order (Higham, Accuracy and Stability of Numerical Algorithms,
 * 3.5), and 2⁻²⁴ of that sum for each of the two factors, which are rounded first. Relative to the largest such sum.
 */
export async function proveEngine(engine: EngineName): Promise<EngineProof> {
  let n = sizes[engine]
  try {
    const { device, versions } = await startEngine(engine)
    if (device.endsWith(', software')) n = sizes.cpu // a card that a program plays is no faster
    const bound = boundOf(n)
    const key = rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 })
    const [a, b] = [drawNormal(split(key, 'a'), n * n), drawNormal(split(key, 'b'), n * n)]
    const { product, seconds } = await timedProduct(a, b, n)
    const { error } = compare(product, { a, b, n })
    const isRight = error <= bound
    return {
      engine,
      available: isRight,
      device,
      size: n,
      error,
      bound,
      gflops: (2 * n ** 3) / seconds / 1e9,
      versions,
      reason: isRight ? null : `${engine}: expected the product within ${bound.toExponential(1)} of float64, got ${error.toExponential(1)}`,
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return {
      engine,
      available: false,
      device: null,
      size: n,
      error: Number.NaN,
      bound: boundOf(n),
      gflops: 0,
      versions: {},
      reason: error.message,
    }
  }
}

function boundOf(n: number): number {
  return (n + 2) * 2 ** -24
}

/** The product and the best of five times, each with the way back of its values, after one to warm up. */
async function timedProduct(a: Float64Array, b: Float64Array, n: number): Promise<{ product: Float32Array; seconds: number }> {
  const factors = [tensor(Float32Array.from(a), [n, n]), tensor(Float32Array.from(b), [n, n])] as const
  try {
    let product = await productOf(...factors)
    let seconds = Number.POSITIVE_INFINITY
    for (let i = 0; i < 5; i += 1) {
      const began = performance.now()
      product = await productOf(...factors)
      seconds = Math.min(seconds, (performance.now() - began) / 1_000)
    }
    return { product, seconds }
  } finally {
    for (const factor of factors) factor.dispose()
  }
}

async function productOf(left: Tensor, right: Tensor): Promise<Float32Array> {
  const product = matMul(left, right)
  try {
    return Float32Array.from(await product.data()) // some engines have no other way: what they compute comes later
  } finally {
    product.dispose()
  }
}

/** The largest difference over the largest Σ_k |a_ik b_kj|, over all entries, in float64. */
function compare(product: Float32Array, { a, b, n }: { a: Float64Array; b: Float64Array; n: number }): { error: number } {
  let worst = 0
  let largest = 0
  for (let i = 0; i < n; i += 1) {
    const exact = new Float64Array(n)
    const size = new Float64Array(n)
    for (let k = 0; k < n; k += 1) {
      const aik = a[i * n + k] ?? 0
      for (let j = 0; j < n; j += 1) {
        const term = aik * (b[k * n + j] ?? 0)
        exact[j] = (exact[j] ?? 0) + term
        size[j] = (size[j] ?? 0) + Math.abs(term)
      }
    }
    for (let j = 0; j < n; j += 1) {
      const difference = Math.abs((product[i * n + j] ?? Number.NaN) - (exact[j] ?? 0))
      worst = difference > worst || Number.isNaN(difference) ? difference : worst
      largest = Math.max(largest, size[j] ?? 0)
    }
  }
  return { error: worst / largest }
}
