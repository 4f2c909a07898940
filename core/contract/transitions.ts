/**
 * Where the transition of a bisected study lies: a bracket for each seed, and what they have in common, for every combination of the other
 * factors. An end that nothing bounds is null, and so is a number that the runs do not give.
 */
import { z } from 'zod'
import { interval } from './comparison.ts'
import { count, id, json, words } from './values.ts'

/**
 * `open` waits for runs; `crossed` has its transition between `low` and `high`; `beyond` has both ends below it, `before` both above; `reversed`
 * is above at the lower end and below at the upper; `without-value` was narrowed as far as its runs have values.
 */
export const bracketState = z.enum(['open', 'crossed', 'beyond', 'before', 'reversed', 'without-value'])
export type BracketState = z.infer<typeof bracketState>

/** A finished run of a seed: the level that it trained at, its value where that is finite, and the side that it says; null without a value. */
export const sidedRun = z.strictObject({
  run: id,
  level: z.number(),
  value: z.number().nullable(),
  side: z.enum(['below', 'above']).nullable(),
})
export type SidedRun = z.infer<typeof sidedRun>

export const seedBracket = z.strictObject({
  seed: count,
  state: bracketState,
  low: z.number().nullable(),
  high: z.number().nullable(),
  theory: z.number().nullable(), // the critical level of the theory for this seed's data
  runs: z.array(sidedRun), // rising by level
})
export type SeedBracket = z.infer<typeof seedBracket>

export const transition = z.strictObject({
  factor: z.string(), // path of the number that is varied
  title: words,
  scale: z.enum(['linear', 'log']),
  from: z.number(),
  to: z.number(),
  precision: z.number(), // widest bracket that is not halved again; on a log scale relative
  above: z.strictObject({ metric: z.string(), over: json, atMost: z.number().nullable(), atLeast: z.number().nullable() }),
  where: z.array(z.strictObject({ factor: z.string(), label: z.string() })), // levels of the other factors
  confidence: z.number().gt(0).lt(1), // of the intervals
  wanted: count, // runs that are still to come in this round; an estimate is given when there are none
  brackets: z.array(seedBracket),
  mean: z.strictObject({ value: z.number(), interval: interval.nullable() }).nullable(), // geometric on a log scale; null unless every seed crossed
  median: z.number().nullable(),
  medianInterval: z.strictObject({ low: z.number().nullable(), high: z.number().nullable(), coverage: z.number() }).nullable(),
  failure: words.nullable(), // why no seed has a transition between the ends
  theory: z.number().nullable(), // mean of the seeds' critical levels, geometric on a log scale; null unless every seed has one
  oracle: z.string().nullable(), // its number in the handbook
})
export type Transition = z.infer<typeof transition>
