import { describe, expect, test } from 'vitest'
import { phase, type Phase } from '#core/contract/phase.ts'
import type { PhaseQuestion } from '#core/analysis/phase/phaseQuestion.ts'
import { specOf, type Fields } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { runPhase } from './phase.ts'

expect.extend({ toBeAllclose })

const decay = 'regularisation.weightDecay'
const rate = 'optimiser.learningRate'
const job = { pause: () => Promise.resolve() }

const axis = (factor: string, ...values: readonly number[]): PhaseQuestion['x'] => ({
  factor,
  levels: values.map((value) => ({ label: String(value), value })),
})

type Asked = {
  readonly x: PhaseQuestion['x']
  readonly y: PhaseQuestion['x']
  readonly fields?: Fields
  readonly replicates?: number
  readonly cells?: PhaseQuestion['cells']
}

async function diagram({ x, y, fields = {}, replicates = 1, cells = [] }: Asked): Promise<Phase> {
  const { study, base, cell } = specOf(fields)
  const theory = { study, base, cell, replicates, files: {} }
  const request: PhaseQuestion = { metric: 'loss', x, y, where: {}, pooled: [], cells, theory }
  const result = await runPhase({ kind: 'phase', request }, job)
  return phase.parse(result.phase)
}

const scalar: Fields = { data: { kind: 'scalar', target: 1 } }
const noisy = (kind: string, target: number): Fields => ({ data: { kind: 'scalar', target }, noise: { label: { kind, std: 1 } } })

describe('the boundary of a phase diagram', () => {
  test('8.1: of a product is γ = y, on data that change with the place', async () => {
    const { boundary } = await diagram({
      x: axis('data.target', 0.25, 0.5, 0.75, 1),
      y: axis(decay, 0.1, 0.4, 0.7, 1),
      fields: scalar,
      replicates: 3,
    })
    expect(boundary?.oracles.map(({ number }) => number)).toEqual(['8.2'])
    expect([boundary?.along, boundary?.seeds, boundary?.lines.length]).toEqual(['x', 1, 1])
    const [line] = boundary?.lines ?? []
    expect(line?.collapses).toBe('above')
    expect(line?.points).toHaveLength(65) // both ends too: 0 counts as collapsed
    expect(line?.points.map(({ value }) => value)).toBeAllclose(line?.points.map(({ at }) => at) ?? [])
  })

  test('that stands upright is followed along the other axis', async () => {
    // γ = 1 for every learning rate
    const { boundary } = await diagram({ x: axis(decay, 0.5, 1.5), y: axis(rate, 0.001, 0.01, 0.1), fields: scalar })
    expect([boundary?.along, boundary?.lines.length, boundary?.lines[0]?.points.length]).toEqual(['y', 1, 65])
    expect(boundary?.lines[0]?.points.map(({ value }) => value)).toBeAllclose(new Array(65).fill(1))
    // on the log scale of the learning rate
    expect(boundary?.lines[0]?.points[32]?.at).toBeAllclose(0.01)
  })

  test('8.9: of label noise has a lower and an upper end, k/(s² − k²) and where (1 − 2λm)² − 4λ²s² = −1', async () => {
    const { boundary } = await diagram({
      x: axis('noise.label.std', 1, 1.25, 1.5),
      y: axis(rate, 0.01, 0.1, 1),
      fields: noisy('binary', 0.1),
    })
    expect(boundary?.oracles.map(({ number }) => number)).toEqual(['8.9'])
    expect(boundary?.lines.map(({ collapses }) => collapses)).toEqual(['above', 'below'])
    const [lower, upper] = boundary?.lines ?? []
    // Origin: theory.md 8.9, (m, s, γ) = (.1, 1, 0)
    expect(lower?.points[0]?.value).toBeAllclose(0.1010101, { relative: 1e-7 })
    expect(upper?.points[0]?.value).toBeAllclose(0.6619564, { relative: 1e-7 })
    expect(lower?.points.map(({ value }) => value)).toBeAllclose(lower?.points.map(({ at }) => 0.1 / (at ** 2 - 0.01)) ?? [], {
      relative: 1e-9,
    }) // the exponent is 1e-6 there
  })

  test('of whole numbers lies between two of them', async () => {
    // λ_c of second order, k/(s²/B + k²): .099 of 1 row, .196 of 2, .291 of 3, .385 of 4
    const rows = 16
    const fields: Fields = {
      data: { kind: 'inline', x: new Array(rows).fill([1]), y: new Array(rows).fill([0.1]) },
      noise: { label: { kind: 'gaussian', std: 1 } },
      optimiser: { kind: 'sgd', learningRate: 0.3, batch: 1 },
    }
    const { boundary } = await diagram({ x: axis('optimiser.batch', 1, 2, 4, 8, 16), y: axis(rate, 0.05, 0.1, 0.2, 0.4), fields })
    expect([boundary?.along, boundary?.lines.map(({ collapses }) => collapses)]).toEqual(['y', ['below']])
    const points = boundary?.lines[0]?.points ?? []
    const at = (wanted: number) => points.find((point) => point.at >= wanted)?.value
    expect([at(0.15), at(0.21), at(0.3), at(0.39)]).toEqual([1.5, 2.5, 3.5, 4.5]) // the exponents' own thresholds are up to 3 % lower
  })

  test('of data that seeds draw is the median of their lines, with the extremes', async () => {
    const { boundary } = await diagram({ x: axis(rate, 0.01, 0.02, 0.03), y: axis(decay, 0.01, 0.1, 1, 10), replicates: 20 })
    expect([boundary?.along, boundary?.seeds]).toEqual(['x', 8])
    const [{ value, low, high } = { value: 0, low: 0, high: 0 }] = boundary?.lines[0]?.points ?? []
    expect(low).toBeLessThan(value)
    expect(value).toBeLessThan(high)
    // ‖XᵀY/n‖_∞ of coefficients (1, −2, 0) on 12 samples of N(0, 1) is near 2
    expect(value).toBeGreaterThan(1)
    expect(value).toBeLessThan(4)
  })

  test('on one side has no line, without a closed form, on one level or on data too large there is none at all', async () => {
    const [x, y] = [axis(rate, 0.01, 0.1), axis(decay, 2, 3)]
    expect((await diagram({ x, y, fields: scalar })).boundary?.lines).toEqual([])
    expect((await diagram({ x, y, fields: { model: { kind: 'linear' } } })).boundary).toBeNull()
    expect((await diagram({ x: axis(rate, 0.01), y, fields: scalar })).boundary).toBeNull()
    const large = { data: { kind: 'sparse-linear', samples: 60_000, features: 50, coefficients: [1], noise: 0.1 } }
    const noise = axis('data.noise', 0.1, 0.2)
    expect((await diagram({ x: noise, y: axis('data.samples', 59_999, 60_000), fields: large })).boundary).toBeNull()
  }, 30_000)

  test('speaks of the part of the diagram that the theory knows', async () => {
    // without noise the decay alone, with it the exponents; 1.5 is above every threshold
    const { boundary } = await diagram({
      x: axis('noise.label.std', 0, 0.5, 1),
      y: axis(decay, 0.05, 0.1, 0.15),
      fields: noisy('gaussian', 0.1),
    })
    expect(boundary?.oracles.map(({ number }) => number).toSorted()).toEqual(['8.2', '8.9'])
  })

  test('refuses a request that is none', async () => {
    await expect(runPhase({ kind: 'phase', request: { metric: 'loss' } }, job)).rejects.toThrow('phase.x')
    const request = { metric: 'loss', x: axis(rate, 1), y: axis(decay, 1), where: {}, pooled: [], cells: [], theory: { study: 1, base: 1, cell: 'c', replicates: 1, files: {} } } // prettier-ignore
    await expect(runPhase({ kind: 'phase', request }, job)).rejects.toThrow('phase.theory.study: expected a resolved study')
  })
})

test('a phase diagram holds the runs of every pair of levels, and scales that fit them', async () => {
  const { x, y, cells } = await diagram({
    x: axis(rate, 0.001, 0.01, 0.1),
    y: axis(decay, 0, 0.1),
    cells: [
      { x: 2, y: 1, values: [1, 2, null] },
      { x: 0, y: 0, values: [null, null] },
    ],
  })
  expect([x.scale, y.scale, cells.length]).toEqual(['log', 'linear', 6])
  expect(cells.at(-1)).toMatchObject({ n: 2, diverged: 1, mean: 1.5 })
  expect(cells[0]).toEqual({ x: 0, y: 0, n: 0, diverged: 2, mean: null, standardDeviation: null })
})
