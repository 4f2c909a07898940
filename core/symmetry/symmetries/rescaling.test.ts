import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inFloat64, read64, tensor64 } from '#core/engines/ops.ts'
import { factorNames, productLinear } from '#core/learning/models/productLinear.ts'
import { linear } from '#core/learning/models/linear.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { restrict, type Mirror } from '../mirror.ts'
import { mirrorsOf } from './registry.ts'
import { rescale, rescalingMirrors } from './rescaling.ts'

expect.extend({ toBeAllclose })

const modelOf = (depth: number) => productLinear.settings.parse({ kind: 'product-linear', depth })
const entry = fc.double({ min: -4, max: 4, noNaN: true })
/** Parameters of a depth over three features, and a row of data. */
const drawn = fc.constantFrom(2, 3, 4, 5).chain((depth) =>
  fc.record({
    depth: fc.constant(depth),
    factors: fc.array(fc.array(entry, { minLength: 3, maxLength: 3 }), { minLength: depth, maxLength: depth }),
    x: fc.array(entry, { minLength: 3, maxLength: 3 }),
  }),
)
const parametersOf = (depth: number, factors: readonly (readonly number[])[]) =>
  Object.fromEntries(factorNames(depth).map((name, k) => [name, Float64Array.from(factors[k] ?? [])]))
/** The model's output for a row, of each of several parameters, which go through it as the runs of a stack. */
const outputs = (depth: number, stack: readonly Readonly<Record<string, Float64Array>>[], x: readonly number[]) =>
  inFloat64(() => {
    const joined = (name: string) => Float64Array.from(stack.flatMap((parameters) => [...(parameters[name] ?? [])]))
    const tensors = Object.fromEntries(factorNames(depth).map((name) => [name, tensor64(joined(name), [stack.length, x.length, 1])]))
    return read64(productLinear.apply(modelOf(depth), tensors, tensor64(Float64Array.from(x), [1, x.length])))
  })

/** R = I − 2OOᵀ by its definition, [d, d]. */
function reflection({ o }: Mirror): number[][] {
  const at = (i: number, k: number) => o.values[i * o.columns + k] ?? Number.NaN
  return Array.from({ length: o.rows }, (_, i) =>
    Array.from({ length: o.rows }, (_, j) => {
      let value = i === j ? 1 : 0
      for (let k = 0; k < o.columns; k += 1) value -= 2 * at(i, k) * at(j, k)
      return value
    }),
  )
}
const times = (r: readonly (readonly number[])[], theta: readonly number[]) =>
  r.map((row) => row.reduce((sum, value, j) => sum + value * (theta[j] ?? Number.NaN), 0))

/** The parameters with the block of a mirror reflected. */
function reflected(parameters: Readonly<Record<string, Float64Array>>, mirror: Mirror) {
  const copy = Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, values.slice()]))
  const block = times(reflection(mirror), [...restrict(parameters, mirror)])
  for (const [i, { parameter, index }] of mirror.entries.entries()) copy[parameter]?.set([block[i] ?? Number.NaN], index)
  return copy
}

// sums of three products of six numbers of size ≤ 4: below 1.3e4, each rounded some ten times
const rounding = { absolute: 1e-10 }

describe('rescale', () => {
  test('leaves every output of the model unchanged', () => {
    fc.assert(
      fc.property(
        drawn,
        fc.oneof(fc.double({ min: 0.1, max: 10, noNaN: true }), fc.double({ min: -10, max: -0.1, noNaN: true })),
        ({ depth, factors, x }, ratio) => {
          const parameters = parametersOf(depth, factors)
          const [first = '', second = ''] = factorNames(depth)
          const moved = rescale(parameters, { coordinate: 1, ratio, first, second })
          const [after = Number.NaN, before = Number.NaN] = outputs(depth, [moved, parameters], x)
          expect(after).toBeAllclose(before, rounding)
          expect([moved[first]?.[0], moved[second]?.[2]]).toEqual([factors[0]?.[0], factors[1]?.[2]]) // other coordinates stay
        },
      ),
    )
  })
  test('is a group: ρ then σ is ρσ, and 1/ρ undoes ρ', () => {
    const parameters = parametersOf(2, [
      [3, 1, 2],
      [1, 5, 4],
    ])
    const by = (ratio: number, from = parameters) => rescale(from, { coordinate: 0, ratio, first: 'u', second: 'w' }) as typeof parameters // it keeps the names
    expect(by(4, by(2))).toEqual(by(8)) // powers of two round nothing
    expect(by(0.25, by(4))).toEqual(parameters)
  })
  test.each([0, Number.NaN, Number.POSITIVE_INFINITY])('a ratio of %s is a bug', (ratio) => {
    expect(() => rescale({ u: Float64Array.of(1), w: Float64Array.of(1) }, { coordinate: 0, ratio, first: 'u', second: 'w' })).toThrow(
      'bug: rescale',
    )
  })
})

describe('rescalingMirrors', () => {
  test.each([
    [2, 1],
    [3, 3],
    [5, 10],
  ])('depth %d has three mirrors for each of its %d pairs of factors and each feature, with names that differ', (depth, pairs) => {
    const mirrors = rescalingMirrors(modelOf(depth), 4)
    expect(mirrors).toHaveLength(4 * 3 * pairs)
    expect(new Set(mirrors.map(({ name }) => name)).size).toBe(mirrors.length)
  })
  test('every O has orthonormal columns, and R² = I', () => {
    for (const mirror of rescalingMirrors(modelOf(3), 2)) {
      const { o, entries } = mirror
      expect(entries).toHaveLength(o.rows)
      for (let a = 0; a < o.columns; a += 1)
        for (let b = 0; b < o.columns; b += 1) {
          const inner = entries.reduce((sum, _, i) => sum + (o.values[i * o.columns + a] ?? 0) * (o.values[i * o.columns + b] ?? 0), 0)
          expect(inner).toBeAllclose(a === b ? 1 : 0, { absolute: 1e-15 }) // two squares of 1/√2
        }
      const r = reflection(mirror)
      for (const [i, row] of r.entries())
        expect(times(r, row)).toBeAllclose(
          r.map((_, j) => (i === j ? 1 : 0)),
          { absolute: 1e-15 },
        ) // R is symmetric
    }
  })
  test('every mirror, at every depth, leaves the output of every sample unchanged', () => {
    fc.assert(
      fc.property(drawn, ({ depth, factors, x }) => {
        const parameters = parametersOf(depth, factors)
        const mirrors = rescalingMirrors(modelOf(depth), 3)
        const [before = Number.NaN, ...after] = outputs(depth, [parameters, ...mirrors.map((mirror) => reflected(parameters, mirror))], x)
        expect(after).toBeAllclose(
          mirrors.map(() => before),
          rounding,
        )
      }),
    )
  })
  test('on a mirror its two factors are equal, opposite, or zero', () => {
    const zeroOf = (u: number, w: number) =>
      rescalingMirrors(modelOf(2), 1)
        .filter((mirror) => times(reflection(mirror), [u, w]).every((value, i) => Math.abs(value - ([u, w][i] ?? 0)) < 1e-14))
        .map(({ name }) => name)
    expect(zeroOf(2, 2)).toEqual(['rescaling:equal:u·w:0'])
    expect(zeroOf(2, -2)).toEqual(['rescaling:opposite:u·w:0'])
    expect(zeroOf(0, 0)).toHaveLength(3)
    expect(zeroOf(3, 1)).toEqual([])
  })
  // Origin: theory.md section 3, fixtures.py: θ = (3, 1)
  test.each([
    ['equal', [1, 3], 1.4142135624, 0.4472135955],
    ['opposite', [-1, -3], 2.8284271247, 0.894427191],
  ])('%s takes (3, 1) to %j, with |Oᵀθ| = %d and residual %d', (name, image, component, residual) => {
    const mirror = rescalingMirrors(modelOf(2), 1).find((one) => one.name === `rescaling:${name}:u·w:0`)
    if (mirror === undefined) throw new Error('expected the mirror')
    expect(times(reflection(mirror), [3, 1])).toBeAllclose(image, { absolute: 1e-14 }) // four products of size 3
    const inner = Math.abs(3 * (mirror.o.values[0] ?? 0) + (mirror.o.values[1] ?? 0))
    expect(inner).toBeAllclose(component, { absolute: 5e-11 }) // ten printed digits
    expect(inner / Math.sqrt(10)).toBeAllclose(residual, { absolute: 5e-11 })
  })
})

describe('mirrorsOf', () => {
  test('a product has the mirrors of rescaling, of every entry of its coefficients, the linear model none', () => {
    const inAnyOrder = (mirrors: readonly Mirror[]) => new Map(mirrors.map((mirror) => [mirror.name, mirror]))
    expect(inAnyOrder(mirrorsOf(modelOf(2), { inputs: 5, outputs: 1 }))).toEqual(inAnyOrder(rescalingMirrors(modelOf(2), 5)))
    expect(inAnyOrder(mirrorsOf(modelOf(2), { inputs: 5, outputs: 3 }))).toEqual(inAnyOrder(rescalingMirrors(modelOf(2), 15)))
    expect(mirrorsOf(linear.settings.parse({ kind: 'linear' }), { inputs: 5, outputs: 1 })).toEqual([])
  })
})

describe('restrict', () => {
  test('takes the named entries in their order, NaN for one that is not there', () => {
    const entries = [
      { parameter: 'w', index: 1 },
      { parameter: 'u', index: 0 },
      { parameter: 'u', index: 9 },
      { parameter: 'z', index: 0 },
    ]
    const mirror: Mirror = { name: 'any', entries, o: { rows: 4, columns: 1, values: new Float64Array(4) } }
    const parameters = { u: Float64Array.of(1, 2), w: Float64Array.of(3, 4) }
    expect([...restrict(parameters, mirror)]).toEqual([4, 1, Number.NaN, Number.NaN])
  })
})
