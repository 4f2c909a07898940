/**
 * Bisection as a study writes it: which number is varied, and when a finished run counts as above the transition.
 *
 * Its cells follow from outcomes: of every combination of the other factors both ends, and the levels that `bisection.ts` has asked for since.
 */
import { z } from 'zod'
import type { Json } from '#core/contract/values.ts'
import { gate } from '../gates.ts'
import { roundsOf, type Side } from './bisection.ts'
import { independent, requireCells, type Combination, type DesignFactor } from './design.ts'
import { product } from './grid.ts'
import { expandLevels } from './levels.ts'

const above = z
  .strictObject({
    metric: gate.shape.metric,
    over: gate.shape.over,
    atMost: z.number().optional(),
    atLeast: z.number().optional(),
  })
  .refine(({ atMost, atLeast }) => (atMost === undefined) !== (atLeast === undefined), {
    error: 'expected exactly one of atMost and atLeast',
  })
  .describe('when a finished run counts as above the transition')

const settings = z
  .strictObject({
    kind: z.literal('bisection'),
    factor: z.string().min(1).describe('path of the number that is varied; it is not listed under factors'),
    from: z.number().describe('a level that is expected below the transition'),
    to: z.number().describe('a level that is expected above it'),
    precision: z.number().gt(0).describe('widest final bracket; on a log scale relative to its lower end'),
    scale: z.enum(['linear', 'log']).default('linear'),
    above,
  })
  .refine(({ from, to }) => from < to, { path: ['to'], error: 'expected from < to' })
  .refine(({ from, scale }) => scale === 'linear' || from > 0, { path: ['from'], error: 'expected from > 0 on a log scale' })

export type BisectionSettings = z.output<typeof settings>
export type Criterion = BisectionSettings['above']

/** More halvings than this are refused: the levels train as float32, whose 24 bits tell no two of them apart then. */
export const mostRounds = 24

/**
 * The finest precision of a bracket. Levels train as float32, whose numbers around x lie 2⁻²⁴·|x| to 2⁻²³·|x| apart; nearer levels may be one and
 * the same. On a linear scale x is the larger end, on a log scale each level itself.
 */
export function finestPrecision({ from, to, scale }: Pick<BisectionSettings, 'from' | 'to' | 'scale'>): number {
  return 2 ** -24 * (scale === 'log' ? 1 : Math.max(Math.abs(from), Math.abs(to)))
}

/** The levels that were asked of a combination of the other factors' values; both ends are there without it. */
export type Asked = (others: readonly Json[]) => readonly number[]

export const bothEnds: Asked = () => []

export const bisection = {
  kind: 'bisection',
  title: { en: 'Bisection', ja: '二分法' },
  settings,
  /** The cells by now: every combination of the other factors at both ends and at the levels asked of it, rising; the varied number stands last. */
  combine(others: readonly DesignFactor[], { from, to }: Pick<BisectionSettings, 'from' | 'to'>, asked: Asked): Combination {
    const combinations = product(others.map(({ path, levels }) => expandLevels(path, levels)))
    requireCells(2 * combinations.length)
    return independent(
      combinations.flatMap((values) =>
        [...new Set([from, to, ...asked(values)])].toSorted((a, b) => a - b).map((level) => [...values, level]),
      ),
    )
  },
} as const

/** Which side a run says it is on; null for a run without a value. */
export function sideOf({ atMost = Infinity, atLeast = -Infinity }: Pick<Criterion, 'atMost' | 'atLeast'>, value: number): Side | null {
  if (Number.isNaN(value)) return null
  return value <= atMost && value >= atLeast ? 'above' : 'below'
}

/**
 * How a level is called: with as many digits as tell the levels of the last round apart, whichever of them are asked, and at least 3.
 * Two levels differ by at least the width of the last bracket, and two numbers that differ relatively by d have different first ⌈−log₁₀ d⌉ + 1 digits.
 */
export function levelLabel(design: Pick<BisectionSettings, 'from' | 'to' | 'precision' | 'scale'>, level: number): string {
  if (level === design.from || level === design.to) return String(level + 0) // as written
  const { from, to, scale } = design
  const parts = 2 ** roundsOf(design)
  const difference =
    scale === 'log' ? Math.expm1(Math.log(to / from) / parts) : (to - from) / parts / Math.max(Math.abs(from), Math.abs(to))
  const digits = Math.min(17, Math.max(3, Math.ceil(-Math.log10(difference)) + 1))
  return String(Number(level.toPrecision(digits)))
}
