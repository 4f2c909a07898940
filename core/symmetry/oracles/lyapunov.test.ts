import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawNormal, drawUniform } from '#core/numerics/random/draw.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { lyapunov, lyapunovExponent, meanLog, type NoiseLaw } from './lyapunov.ts'

expect.extend({ toBeAllclose })

const laws: readonly NoiseLaw[] = ['binary', 'uniform', 'gaussian']
const variance = { binary: 1, uniform: 1 / 3, gaussian: 1 }

/** ∫ f by the double exponential rule on [a, b]: singular ends do no harm. */
function integral(f: (x: number) => number, a: number, b: number): number {
  const [middle, half] = [(a + b) / 2, (b - a) / 2]
  let sum = 0
  for (let k = -400; k <= 400; k += 1) {
    const t = k / 100
    const at = Math.tanh((Math.PI / 2) * Math.sinh(t))
    const weight = ((Math.PI / 2) * Math.cosh(t)) / Math.cosh((Math.PI / 2) * Math.sinh(t)) ** 2
    const value = f(middle + half * at)
    if (Number.isFinite(value)) sum += weight * value
  }
  return (half * sum) / 100
}

describe('lyapunovExponent', () => {
  test('carries its number', () => expect(lyapunov.number).toBe('8.8'))

  // Origin: theory.md 8.8
  test.each([
    [1.2, 0.8, -0.0539499, 0.0955067, -0.1115718],
    [1.05, 0.4, -0.0502571, 0.0234701, -0.0296097],
    [0.9, 1.5, -0.0600173, -0.4017901, 0.1823216],
  ])('of μ = %d, h = %d is %d (Gaussian), %d (uniform), %d (binary)', (mu, h, gaussian, uniform, binary) => {
    expect(lyapunovExponent('gaussian', mu, h)).toBeAllclose(gaussian, { absolute: 1e-7 }) // seven printed digits, the handbook's tolerance
    expect(lyapunovExponent('uniform', mu, h)).toBeAllclose(uniform, { absolute: 1e-7 })
    expect(lyapunovExponent('binary', mu, h)).toBeAllclose(binary, { absolute: 1e-7 })
  })

  // Origin: theory.md 8.8: sampling with 1e5 draws agrees within four standard errors, about .015
  test.each([
    [1.2, 0.8],
    [0.9, 1.5],
  ])('of μ = %d, h = %d is the mean of 1e5 draws', (mu, h) => {
    const n = 100_000
    const draws: Record<NoiseLaw, Float64Array> = {
      gaussian: drawNormal([1, 2], n),
      uniform: drawUniform([3, 4], n).map((u) => 2 * u - 1),
      binary: drawUniform([5, 6], n).map((u) => (u < 0.5 ? -1 : 1)),
    }
    for (const law of laws) {
      const logs = draws[law].map((xi) => Math.log(Math.abs(mu + h * xi)))
      const mean = logs.reduce((sum, value) => sum + value, 0) / n
      const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n)
      expect(Math.abs(lyapunovExponent(law, mu, h) - mean)).toBeLessThan((4 * deviation) / Math.sqrt(n))
    }
  })

  test.each([0.02, 0.3, 1, 3, 20])('at h = 1 and μ = %d is the integral, split at the singular point', (mu) => {
    const gauss = (x: number) => (Math.log(Math.abs(mu + x)) * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI)
    const parts = mu < 12 ? [-mu - 14, -mu, 14] : [-14, 14]
    const total = parts.slice(1).reduce((sum, end, i) => sum + integral(gauss, parts[i] ?? Number.NaN, end), 0)
    expect(lyapunovExponent('gaussian', mu, 1)).toBeAllclose(total, { absolute: 1e-9 }) // the integral's own error near log 0
    const flat = (x: number) => Math.log(Math.abs(mu + x)) / 2
    const cuts = mu < 1 ? [-1, -mu, 1] : [-1, 1]
    expect(lyapunovExponent('uniform', mu, 1)).toBeAllclose(
      cuts.slice(1).reduce((sum, end, i) => sum + integral(flat, cuts[i] ?? Number.NaN, end), 0),
      { absolute: 1e-9 },
    )
  })

  test('is even in μ and h, and a common factor adds its logarithm', () => {
    const size = fc.double({ min: 0.01, max: 50, noNaN: true })
    fc.assert(
      fc.property(fc.constantFrom(...laws), size, size, size, (law, mu, h, factor) => {
        const value = lyapunovExponent(law, mu, h)
        if (law === 'binary' && Math.abs(mu - h) < 1e-3 * mu) return // its pole: rounding of the scaled numbers alone moves it
        expect(lyapunovExponent(law, -mu, -h)).toBe(value)
        expect(lyapunovExponent(law, factor * mu, factor * h)).toBeAllclose(value + Math.log(factor), { absolute: 1e-12 }) // the stated accuracy
      }),
    )
  })

  test('is below log E|·| and, for laws on both sides of the mean alike, below log μ while hξ cannot reach 0', () => {
    fc.assert(
      fc.property(fc.constantFrom(...laws), fc.double({ min: 1e-6, max: 0.9, noNaN: true }), (law, r) => {
        expect(meanLog(law, r)).toBeLessThan(law === 'gaussian' ? 0.5 * Math.log1p(r * r) : 0)
      }),
    )
  })

  test('is continuous where one form takes over from the other', () => {
    for (const law of laws)
      for (const at of [0.1, 1 / 28, 2, 5]) {
        const step = at * 1e-9
        expect(meanLog(law, at + step)).toBeAllclose(meanLog(law, at - step), { absolute: 1e-8 }) // slopes below 3
      }
    expect(lyapunovExponent('uniform', 1, 1 + 1e-12)).toBeAllclose(lyapunovExponent('uniform', 1 + 1e-12, 1), { absolute: 1e-10 })
    expect(lyapunovExponent('gaussian', 1, 1 + 1e-12)).toBeAllclose(lyapunovExponent('gaussian', 1 + 1e-12, 1), { absolute: 1e-10 })
  })

  test('for h → 0 is log|μ| − h²Var(ξ)/2μ² to full relative accuracy', () => {
    for (const law of laws) {
      for (const r of [1e-3, 1e-6, 1e-100]) expect(meanLog(law, r)).toBeAllclose((-variance[law] * r * r) / 2, { relative: 2e-6 }) // the next term, 1.5r² at most
      expect(lyapunovExponent(law, -3, 0)).toBe(Math.log(3))
      expect(lyapunovExponent(law, 1e300, 1e-300)).toBe(Math.log(1e300))
      expect(meanLog(law, 0)).toBeAllclose(0)
    }
  })

  test('at μ = 0 is the closed form of each law, at any size', () => {
    // E log|ξ|: 0; −1; ½(log 2 + ψ(½))
    expect(lyapunovExponent('binary', 0, 1e200)).toBeAllclose(Math.log(1e200))
    expect(lyapunovExponent('uniform', 0, 1)).toBeAllclose(-1)
    expect(lyapunovExponent('gaussian', 0, 1e-200)).toBeAllclose(Math.log(1e-200) - 0.5 * (0.5772156649015329 + Math.LN2))
    for (const law of laws) expect(lyapunovExponent(law, 0, 0)).toBe(Number.NEGATIVE_INFINITY)
    expect(lyapunovExponent('binary', 2, -2)).toBe(Number.NEGATIVE_INFINITY)
    expect(lyapunovExponent('uniform', 2, 2)).toBeAllclose(Math.log(4) - 1)
  })

  test('refuses NaN and ∞; the mean log keeps them', () => {
    expect(() => lyapunovExponent('binary', Number.NaN, 1)).toThrow('lyapunovExponent: mu')
    expect(() => lyapunovExponent('binary', 1, Number.POSITIVE_INFINITY)).toThrow('lyapunovExponent: h')
    for (const law of laws) {
      expect(meanLog(law, Number.NaN)).toBeNaN()
      expect(meanLog(law, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY)
    }
  })
})
