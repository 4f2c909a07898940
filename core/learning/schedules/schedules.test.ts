import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { isConstant, scheduleFactor, scheduleKinds, scheduleSettings } from './registry.ts'

expect.extend({ toBeAllclose })

const factors = (settings: object, steps: number) => {
  const schedule = scheduleSettings.parse(settings)
  return Array.from({ length: steps }, (_, step) => scheduleFactor(schedule, { step, steps }))
}
const kinds = [{ kind: 'constant' }, { kind: 'cosine' }, { kind: 'cosine', floor: 0.2 }, { kind: 'step', every: 7 }]

describe('constant', () => {
  test('is 1 at every step', () => expect(factors({ kind: 'constant' }, 4)).toEqual([1, 1, 1, 1]))
  test('is what needs no feed, unless it warms up', () => {
    const isPlain = (settings: object) => isConstant(scheduleSettings.parse(settings))
    expect([...kinds, { kind: 'constant', warmUp: 1 }].map(isPlain)).toEqual([true, false, false, false, false])
  })
})

describe('cosine', () => {
  test('starts at 1, is half-way between 1 and the floor at half-time, and ends near the floor', () => {
    for (const floor of [0, 0.25]) {
      const [T, all] = [100, factors({ kind: 'cosine', floor }, 100)]
      expect([all[0], all[50]]).toBeAllclose([1, (1 + floor) / 2])
      expect(all[T - 1]).toBeAllclose(floor + (1 - floor) * Math.sin(Math.PI / (2 * T)) ** 2) // ½(1 + cos π(1 − 1/T)) = sin²(π/2T)
    }
  })
  test('falls at every step, by at most π/2T', () => {
    const all = factors({ kind: 'cosine' }, 200)
    const falls = all.slice(1).map((factor, i) => (all[i] ?? Number.NaN) - factor)
    expect(Math.min(...falls)).toBeGreaterThan(0)
    expect(Math.max(...falls)).toBeLessThanOrEqual(Math.PI / 400)
  })
  test('with the floor 1 it is constant', () => expect(factors({ kind: 'cosine', floor: 1 }, 3)).toEqual([1, 1, 1]))
  test('of one step is 1', () => expect(factors({ kind: 'cosine' }, 1)).toEqual([1]))
  test("is Loshchilov and Hutter's equation 5 between η_max = 1 and η_min = f", () => {
    const f = 0.1
    expect(factors({ kind: 'cosine', floor: f }, 8)).toBeAllclose(Array.from({ length: 8 }, (_, t) => f + 0.5 * (1 - f) * (1 + Math.cos((t / 8) * Math.PI)))) // prettier-ignore
  })
})

describe('step', () => {
  test('falls by its factor after every so many steps', () => {
    expect(factors({ kind: 'step', every: 2, factor: 0.5 }, 7)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25, 0.125])
    expect(factors({ kind: 'step', every: 3 }, 4)).toBeAllclose([1, 1, 1, 0.1])
  })
  test('counts its steps from the end of the warm-up', () => {
    expect(factors({ kind: 'step', every: 2, factor: 0.5, warmUp: 3 }, 8)).toBeAllclose([1 / 3, 2 / 3, 1, 1, 1, 0.5, 0.5, 0.25])
  })
})

describe('warm-up', () => {
  test.each(kinds)('of %j grows by equal steps to 1 and goes over into the schedule without a jump', (settings) => {
    const [w, T] = [10, 400]
    const all = factors({ ...settings, warmUp: w }, T)
    expect(all.slice(0, w)).toBeAllclose(Array.from({ length: w }, (_, t) => (t + 1) / w))
    expect([all[w - 1], all[w]]).toEqual([1, 1])
    expect(all.slice(w)).toBeAllclose(factors(settings, T - w)) // what follows is the schedule over the rest of the training
  })
  test('as long as the training or longer is all there is', () => {
    for (const warmUp of [4, 8]) expect(factors({ kind: 'cosine', warmUp }, 4)).toBeAllclose([1, 2, 3, 4].map((t) => t / warmUp))
  })
  test('of none is the schedule', () => expect(factors({ kind: 'cosine', warmUp: 0 }, 9)).toEqual(factors({ kind: 'cosine' }, 9)))
})

test('a factor is in [0, 1] and a function of its step alone', () => {
  const schedules = fc.oneof(
    fc.record({ kind: fc.constant('constant'), warmUp: fc.nat(20) }),
    fc.record({ kind: fc.constant('cosine'), warmUp: fc.nat(20), floor: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ kind: fc.constant('step'), warmUp: fc.nat(20), every: fc.integer({ min: 1, max: 20 }) }),
  )
  fc.assert(
    fc.property(schedules, fc.integer({ min: 1, max: 60 }), (settings, steps) => {
      const all = factors(settings, steps)
      expect(all.every((factor) => factor >= 0 && factor <= 1)).toBe(true)
      const schedule = scheduleSettings.parse(settings)
      for (let step = steps - 1; step >= 0; step -= 1) expect(scheduleFactor(schedule, { step, steps })).toBe(all[step])
    }),
    { numRuns: 50 },
  )
})
test('every schedule is a part of the shape, with all its numbers', () => {
  expect(scheduleKinds.cosine.shapeOf(scheduleKinds.cosine.settings.parse({ kind: 'cosine', warmUp: 3 }))).toEqual({
    kind: 'cosine',
    warmUp: 3,
    floor: 0,
  })
  expect(scheduleKinds.step.shapeOf(scheduleKinds.step.settings.parse({ kind: 'step', every: 3 }))).toEqual({
    kind: 'step',
    warmUp: 0,
    every: 3,
    factor: 0.1,
  })
})
test.each([
  { kind: 'cosine', floor: 1.5 },
  { kind: 'cosine', floor: -0.1 },
  { kind: 'cosine', warmUp: -1 },
  { kind: 'cosine', warmUp: 0.5 },
  { kind: 'step' },
  { kind: 'step', every: 0 },
  { kind: 'step', every: 2, factor: 0 },
  { kind: 'step', every: 2, factor: 1.1 },
  { kind: 'constant', every: 2 },
  { kind: 'linear' },
])('%j is refused', (settings) => expect(scheduleSettings.safeParse(settings).success).toBe(false))
