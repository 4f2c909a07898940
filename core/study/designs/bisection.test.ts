import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { drawUniform } from '#core/numerics/random/draw.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { tInterval } from '#core/numerics/statistics/tInterval.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { bracketsOf, nextLevels, roundsOf, startBisection, transitionOf, wantedRuns, type Bisection, type Side } from './bisection.ts'
import { bisection, levelLabel, sideOf as sideOfValue } from './bisectionDesign.ts'
import { medianBracket } from './orderStatistics.ts'

expect.extend({ toBeAllclose })

const start = (settings: Partial<Bisection>): Bisection => ({
  from: 0,
  to: 1,
  precision: 0.01,
  scale: 'linear',
  seeds: [1],
  outcomes: [],
  ...settings,
})
const sideOf = (level: number, threshold: number): Side => (level < threshold ? 'below' : 'above')
/** Runs every level that is asked for, all seeds at each, until it is done. */
function run(state: Bisection, thresholdOf: (seed: number) => number): { state: Bisection; rounds: readonly number[][] } {
  const rounds: number[][] = []
  let now = state
  for (let next = nextLevels(now); next !== 'done'; next = nextLevels(now)) {
    rounds.push([...next])
    const outcomes = next.flatMap((level) => now.seeds.map((seed) => ({ level, seed, side: sideOf(level, thresholdOf(seed)) })))
    now = { ...now, outcomes: [...now.outcomes, ...outcomes] }
  }
  return { state: now, rounds }
}
const wide = fc.record({
  from: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  width: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  part: fc.double({ min: 1e-6, max: 1, noNaN: true, minExcluded: true }),
  narrow: fc.double({ min: 1e-6, max: 2, noNaN: true }),
})

describe('bisection of one threshold', () => {
  test('asks for both ends, then for middles, each once', () => {
    const { rounds, state } = run(start({ precision: 1 / 8 }), () => 0.3)
    expect(rounds).toEqual([[0, 1], [0.5], [0.25], [0.375]])
    expect(transitionOf(state).brackets).toEqual([{ seed: 1, state: 'crossed', low: 0.25, high: 0.375 }])
    expect(transitionOf(state).median).toBe(0.3125)
  })

  test('ends in ⌈log₂(width / precision)⌉ rounds with a bracket that holds the threshold', () => {
    fc.assert(
      fc.property(wide, ({ from, width, part, narrow }) => {
        const to = from + width
        const precision = narrow * width
        const threshold = Math.min(to, from + part * width)
        fc.pre(threshold > from)
        const { rounds, state } = run(start({ from, to, precision }), () => threshold)
        let expected = 0 // halvings until the width is the precision, to one part in 10⁸ (a quotient rounded just above a power of two)
        for (let left = to - from; left > precision * (1 + 1e-8); left /= 2) expected += 1
        expect(rounds).toHaveLength(1 + expected)
        const [bracket] = transitionOf(state).brackets
        expect(bracket?.low ?? Number.NaN).toBeLessThan(threshold)
        expect(bracket?.high ?? Number.NaN).toBeGreaterThanOrEqual(threshold)
        // every middle is rounded once: 2⁻⁵³ of the larger end for each of at most 20 rounds
        expect((bracket?.high ?? 0) - (bracket?.low ?? 0)).toBeLessThanOrEqual(
          precision * (1 + 1e-8) + 20 * 2 ** -52 * Math.max(Math.abs(from), Math.abs(to)),
        )
      }),
    )
  })

  test('on a log scale middles are geometric and the precision is relative', () => {
    const { rounds, state } = run(start({ from: 1e-4, to: 1, precision: 9, scale: 'log' }), () => 0.05)
    expect(rounds).toHaveLength(3) // four decades in two halvings: to / from = 10
    expect(rounds[1]?.[0]).toBeCloseTo(0.01, 15)
    expect(rounds[2]?.[0]).toBeCloseTo(0.1, 15)
    const { median, mean } = transitionOf(state)
    expect([median, mean?.value]).toBeAllclose([Math.sqrt(1e-3), Math.sqrt(1e-3)], { relative: 1e-14 }) // a dozen roundings, logarithms of size 5
    const part = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    fc.assert(
      fc.property(part, fc.double({ min: 1e-3, max: 5, noNaN: true }), (part, precision) => {
        const from = 1e-30
        const threshold = from * 1e40 ** part
        const { state, rounds } = run(start({ from, to: 1e10, precision, scale: 'log' }), () => threshold)
        let expected = 0
        for (let left = 40 * Math.LN10; left > Math.log(1 + precision) * (1 + 1e-8); left /= 2) expected += 1
        expect(rounds).toHaveLength(1 + expected)
        const [{ low, high } = { low: Number.NaN, high: Number.NaN }] = transitionOf(state).brackets
        expect(low < threshold && threshold <= high && high / low - 1 <= precision * (1 + 1e-6)).toBe(true)
      }),
    )
  })

  test('a bracket that is narrow enough needs its ends only', () => {
    const { rounds } = run(start({ precision: 1 }), () => 0.5)
    expect(rounds).toEqual([[0, 1]])
    expect(roundsOf(start({ precision: 7 }))).toBe(0)
  })

  test('a width of exactly 2ᵏ precisions takes k rounds, whatever 0.8 / 0.1 is in float64', () => {
    expect(roundsOf({ from: 0.1, to: 0.9, precision: 0.1, scale: 'linear' })).toBe(3)
    expect(roundsOf({ from: 0.1, to: 0.9, precision: 0.0999, scale: 'linear' })).toBe(4)
  })

  test('the order in which outcomes arrive does not matter, and those that are not needed change nothing', () => {
    const { state } = run(start({ seeds: [1, 2, 3], precision: 0.05 }), (seed) => 0.2 * seed + 0.01)
    const extra = [{ level: 0.123, seed: 2, side: 'above' as const }]
    const shuffled = { ...state, outcomes: [...extra, ...state.outcomes.toReversed(), ...state.outcomes] }
    expect(transitionOf(shuffled)).toEqual(transitionOf(state))
    expect(nextLevels(shuffled)).toBe('done')
  })
})

describe('bisection over seeds', () => {
  const thresholds = (n: number, seed = 0) => drawUniform(rootKey({ base: seed, cell: '0'.repeat(64), replicate: 0 }), n)
  const seeds = (n: number) => Array.from({ length: n }, (_, i) => i)

  test('each seed has its own bracket, and only the seeds that need a level are wanted there', () => {
    const at = thresholds(10)
    const first = start({ seeds: seeds(10), precision: 1 / 64 })
    expect(wantedRuns(first)).toHaveLength(20)
    const { state, rounds } = run(first, (seed) => at[seed] ?? 0)
    expect(rounds).toHaveLength(7)
    for (const { seed, low, high } of transitionOf(state).brackets) {
      expect(high - low).toBe(1 / 64)
      expect(low < (at[seed] ?? 0) && (at[seed] ?? 0) <= high).toBe(true)
    }
    let thrifty = first // runs only what is wanted, and ends the same
    for (let wanted = wantedRuns(thrifty); wanted.length > 0; wanted = wantedRuns(thrifty)) {
      thrifty = {
        ...thrifty,
        outcomes: [...thrifty.outcomes, ...wanted.map(({ level, seed }) => ({ level, seed, side: sideOf(level, at[seed] ?? 0) }))],
      }
    }
    expect(thrifty.outcomes).toHaveLength(10 * 8)
    expect(transitionOf(thrifty)).toEqual(transitionOf(state))
  })

  test('the interval of the mean holds Student’s interval of the true thresholds, wherever they lie in their brackets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(999), fc.constantFrom(0.5, 0.1, 0.01, 1e-6), (n, seed, precision) => {
        const at = thresholds(n, seed).map((u) => (u + 2 ** -54) / (1 + 2 ** -50)) // in (0, 1)
        const { state } = run(start({ seeds: seeds(n), precision }), (i) => at[i] ?? 0)
        const { mean } = transitionOf(state)
        const student = tInterval(at)
        expect(mean?.interval?.low ?? Infinity).toBeLessThanOrEqual((student?.low ?? -Infinity) + 1e-12) // rounding of values below 1
        expect(mean?.interval?.high ?? -Infinity).toBeGreaterThanOrEqual((student?.high ?? Infinity) - 1e-12)
      }),
    )
  })

  test('equal thresholds give no interval of width 0', () => {
    const { state } = run(start({ seeds: seeds(8), precision: 1 / 4 }), () => 0.3)
    const { mean, medianInterval } = transitionOf(state)
    expect(mean?.value).toBe(0.375)
    expect(mean?.interval?.low ?? 1).toBeLessThanOrEqual(0.25)
    expect(mean?.interval?.high ?? 0).toBeGreaterThanOrEqual(0.5)
    expect(medianInterval).toEqual({ low: 0.25, high: 0.5, coverage: 1 - 2 ** -7 })
  })

  test('one seed has a bracket and no interval', () => {
    const { state } = run(start({ precision: 1 / 4 }), () => 0.3)
    expect(transitionOf(state)).toMatchObject({
      mean: { value: 0.375, interval: null },
      median: 0.375,
      medianInterval: null,
      failure: null,
    })
  })

  test('seeds whose transition lies outside count for the median and leave no mean', () => {
    const { state } = run(start({ seeds: seeds(7), precision: 1 / 4 }), (seed) => [-1, 0.3, 0.3, 0.6, 0.6, 5, 5][seed] ?? 0)
    const { brackets, mean, median, medianInterval, failure } = transitionOf(state)
    expect(brackets.map(({ state }) => state)).toEqual(['before', 'crossed', 'crossed', 'crossed', 'crossed', 'beyond', 'beyond'])
    expect(brackets[0]).toMatchObject({ low: -Infinity, high: 0 })
    expect(brackets[6]).toMatchObject({ low: 1, high: Infinity })
    expect([mean, median, failure]).toEqual([null, 0.625, null])
    expect(medianInterval).toEqual({ low: -Infinity, high: Infinity, coverage: 1 - 2 ** -6 })
  })

  test.each<[number[], RegExp, RegExp]>([
    [[5, 5, 5], /^bisection: expected a transition in \[0, 1\], got below at both ends for all 3 seeds; raise its upper end$/, /上端/],
    [[-5, -5, -5], /^bisection: expected a transition in \[0, 1\], got above at both ends for all 3 seeds; lower its lower end$/, /下端/],
    [[5, -5, 5], /got no such seed of 3 \(2 below at both ends, 1 above at both, 0 the other way round\)$/, /両端とも下 2/],
  ])('where no seed crosses (%j) the answer is one sentence', (at, en, ja) => {
    const { state, rounds } = run(start({ seeds: [0, 1, 2] }), (seed) => at[seed] ?? 0)
    expect(rounds).toEqual([[0, 1]])
    const { failure, mean } = transitionOf(state)
    expect(mean).toBeNull()
    expect(failure?.en).toMatch(en)
    expect(failure?.ja).toMatch(ja)
  })

  test('a transition the other way round is no transition', () => {
    const outcomes = [
      { level: 0, seed: 1, side: 'above' as const },
      { level: 1, seed: 1, side: 'below' as const },
    ]
    const state = start({ outcomes })
    expect(nextLevels(state)).toBe('done')
    expect(transitionOf(state).brackets).toEqual([{ seed: 1, state: 'reversed', low: -Infinity, high: Infinity }])
    expect(transitionOf(state).failure?.en).toContain('1 the other way round')
  })
})

describe('the settings', () => {
  const written = {
    kind: 'bisection',
    factor: 'regularisation.weightDecay',
    from: 0.01,
    to: 1,
    precision: 0.05,
    above: { metric: 'norm', atMost: 1e-3 },
  }
  test('begin a bisection without outcomes', () => {
    const state = startBisection(bisection.settings.parse({ ...written, scale: 'log' }), [1, 2])
    expect(state).toEqual({ from: 0.01, to: 1, precision: 0.05, scale: 'log', seeds: [1, 2], outcomes: [] })
    expect(nextLevels(state)).toEqual([0.01, 1])
    expect(bisection.settings.parse(written).scale).toBe('linear')
  })
  test.each([
    { from: 1 },
    { from: 0, scale: 'log' },
    { precision: 0 },
    { factor: '' },
    { scale: 'sqrt' },
    { to: Infinity },
    { above: { metric: 'norm' } },
    { above: { metric: 'norm', atMost: 1, atLeast: 0 } },
    { above: undefined },
  ])('%j is refused', (change) => {
    expect(bisection.settings.safeParse({ ...written, ...change }).success).toBe(false)
  })

  test.each<[number, Side | null, Side | null]>([
    [0.5, 'above', 'below'],
    [1, 'above', 'above'],
    [2, 'below', 'above'],
    [Number.NaN, null, null],
    [Infinity, 'below', 'above'],
    [-Infinity, 'above', 'below'], // the log of a norm that is zero
  ])('a value of %d is %s where at most 1 is above, and %s where at least 1 is', (value, atMost, atLeast) => {
    expect(sideOfValue({ atMost: 1 }, value)).toBe(atMost)
    expect(sideOfValue({ atLeast: 1 }, value)).toBe(atLeast)
  })

  test('levels are called alike whichever of them are asked, and no two of them the same', () => {
    expect(levelLabel({ from: 0.01, to: 1, precision: 0.05, scale: 'log' }, Math.sqrt(0.01) * Math.sqrt(1))).toBe('0.1')
    expect(levelLabel({ from: 0.01, to: 1, precision: 0.05, scale: 'log' }, 0.31622776601683794)).toBe('0.316')
    fc.assert(
      fc.property(wide, fc.constantFrom<'linear' | 'log'>('linear', 'log'), fc.nat(7), ({ from, width, narrow }, scale, rounds) => {
        const low = scale === 'log' ? Math.exp(from / 100) : from
        const design = { from: low, to: low + width, precision: (narrow * width) / 2 ** rounds / (scale === 'log' ? low : 1), scale }
        fc.pre(roundsOf(design) <= 12) // 4,097 levels
        const count = 2 ** roundsOf(design)
        const all = Array.from({ length: count + 1 }, (_, i) =>
          i === 0
            ? design.from
            : i === count
              ? design.to
              : scale === 'log'
                ? low * (design.to / low) ** (i / count)
                : low + (width * i) / count,
        )
        expect(new Set(all.map((level) => levelLabel(design, level))).size).toBe(all.length)
      }),
    )
  })
})

describe('runs without a value', () => {
  const at = (level: number, side: Side | null, seed = 1) => ({ level, seed, side })

  test.each<[(Side | null)[], number, number]>([
    [['below', null], 0, Infinity],
    [[null, 'above'], -Infinity, 1],
    [[null, null], -Infinity, Infinity],
    [['above', null], -Infinity, Infinity],
    [[null, 'below'], -Infinity, Infinity],
  ])('at an end (%j) leave what the other end says and ask for no more', ([first = null, last = null], low, high) => {
    const state = start({ outcomes: [at(0, first), at(1, last)] })
    expect(nextLevels(state)).toBe('done')
    expect(bracketsOf(state)).toEqual([{ seed: 1, state: 'without-value', low, high }])
    expect(transitionOf(state)).toMatchObject({
      mean: null,
      failure: { en: expect.stringMatching(/got a run without a value for all 1 seeds$/) as unknown }, // a matcher has no type
    })
  })

  test('in the middle end their seed’s bracket there, and no other’s', () => {
    const outcomes = [1, 2].flatMap((seed) => [at(0, 'below', seed), at(1, 'above', seed)])
    const state = start({ seeds: [1, 2], precision: 1 / 4, outcomes: [...outcomes, at(0.5, 'above', 1), at(0.5, null, 2)] })
    expect(wantedRuns(state)).toEqual([{ level: 0.25, seed: 1 }])
    const done = { ...state, outcomes: [...state.outcomes, at(0.25, 'below', 1)] }
    expect(bracketsOf(done)).toEqual([
      { seed: 1, state: 'crossed', low: 0.25, high: 0.5 },
      { seed: 2, state: 'without-value', low: 0, high: 1 },
    ])
    expect(transitionOf(done)).toMatchObject({ mean: null, failure: null })
  })

  test('are counted beside the others where no seed crosses', () => {
    const state = start({ seeds: [1, 2], outcomes: [at(0, 'below', 1), at(1, 'below', 1), at(0, null, 2), at(1, null, 2)] })
    const { failure } = transitionOf(state)
    expect(failure?.en).toMatch(/\(1 below at both ends, 0 above at both, 0 the other way round, 1 without a value\)$/)
    expect(failure?.ja).toMatch(/、値なし 1\)$/)
  })

  test('and with one are two different outcomes', () => {
    expect(() => nextLevels(start({ outcomes: [at(0, null), at(0, 'below')] }))).toThrow('got no value and below')
  })
})

test('a seed that waits for a run is open, with what is known', () => {
  expect(bracketsOf(start({}))).toEqual([{ seed: 1, state: 'open', low: -Infinity, high: Infinity }])
  const ends = [0, 1].map((level) => ({ level, seed: 1, side: sideOf(level, 0.3) }))
  expect(bracketsOf(start({ outcomes: ends }))).toEqual([{ seed: 1, state: 'open', low: 0, high: 1 }])
})

describe('refusals', () => {
  test.each<[Partial<Bisection>, string]>([
    [{ from: 1, to: 1 }, 'bisection: expected from < to, got [1,1]'],
    [{ from: Number.NaN }, 'bisection: from, to, precision: expected finite numbers, got NaN at index 0'],
    [{ from: -1e308, to: 1e308 }, 'bisection: from, to, precision: expected finite numbers, got Infinity at index 3'],
    [{ scale: 'log' }, 'bisection: expected from > 0 on a log scale, got 0'],
    [{ precision: 0 }, 'bisection: expected a precision ≥ 1e-14, which float64 can tell apart, got 0'],
    [{ precision: 1e-15 }, 'bisection: expected a precision ≥ 1e-14, which float64 can tell apart, got 1e-15'],
    [{ seeds: [] }, 'bisection: expected at least one seed, each once, got []'],
    [{ seeds: [1, 1] }, 'bisection: expected at least one seed, each once, got [1,1]'],
    [{ outcomes: [{ level: 0, seed: 9, side: 'below' }] }, 'bisection.outcomes: expected one of its seeds, got 9'],
    [
      {
        outcomes: [
          { level: 0, seed: 1, side: 'below' },
          { level: 0, seed: 1, side: 'above' },
        ],
      },
      'bisection.outcomes: expected one side for seed 1 at 0, got below and above',
    ],
  ])('%j', (settings, sentence) => {
    expect(() => nextLevels(start(settings))).toThrow(new Refusal('invalid-input', sentence))
  })

  test('an estimate before the end', () => {
    expect(() => transitionOf(start({}))).toThrow(
      new Refusal('invalid-input', 'bisection: expected an outcome for every wanted run, got 2 without one'),
    )
  })
})

describe('medianBracket', () => {
  const points = (values: readonly number[]) => values.map((value) => ({ low: value, high: value }))

  // Origin: 1 − 2 P(Bin(n, ½) ≤ k − 1) in whole numbers: n = 10, k = 2: 1 − 2 · 11 / 1024; n = 20, k = 6: 1 − 2 · 21700 / 2²⁰
  test.each([
    [5, null],
    [6, { low: 1, high: 6, coverage: 1 - 2 / 64 }],
    [10, { low: 2, high: 9, coverage: 1 - 22 / 1024 }],
    [20, { low: 6, high: 15, coverage: 1 - 43_400 / 2 ** 20 }],
  ])('of 1 … %i', (n, interval) => {
    const { low, high, interval: found } = medianBracket(points(Array.from({ length: n }, (_, i) => n - i)))
    expect([low, high]).toEqual([(n + 1) / 2, (n + 1) / 2])
    if (interval === null) expect(found).toBeNull()
    else expect(found).toEqual({ ...interval, coverage: expect.closeTo(interval.coverage, 14) as unknown }) // a matcher has no type
  })

  test('covers the median of uniform values as often as it says', () => {
    const key = rootKey({ base: 7, cell: '0'.repeat(64), replicate: 0 })
    const hits = Array.from({ length: 4000 }, (_, i) => medianBracket(points([...drawUniform(key, 9, i)])).interval).filter(
      (interval) => interval !== null && interval.low <= 0.5 && 0.5 <= interval.high,
    )
    const coverage = 1 - (2 * 10) / 512
    expect(Math.abs(hits.length / 4000 - coverage)).toBeLessThan(4 * Math.sqrt((coverage * (1 - coverage)) / 4000)) // 4 standard errors
  })

  test('degenerate input has an answer', () => {
    expect(medianBracket([])).toEqual({ low: Number.NaN, high: Number.NaN, interval: null })
    expect(medianBracket(points([3]))).toEqual({ low: 3, high: 3, interval: null })
    expect(medianBracket(points([-Infinity, Infinity])).low).toBe(Number.NaN)
    expect(medianBracket(points([Infinity, Infinity, 1])).low).toBe(Infinity)
    expect(medianBracket(points(new Array<number>(1001).fill(2))).interval).toBeNull()
    expect(medianBracket(points(new Array<number>(1000).fill(2))).interval).toMatchObject({ low: 2, high: 2 })
    expect(() => medianBracket([], 1)).toThrow('medianBracket: level')
  })
})
