/**
 * The levels of one factor, side by side on one metric: what each level's runs gave, how far each is from the baseline, how sure
 * that is. Missing numbers are null, never NaN; one run has a mean and no interval.
 */
import { z } from 'zod'
import { count, id, json } from './values.ts'

const probability = z.number().min(0).max(1)
const confidence = z.number().gt(0).lt(1)

export const comparisonTest = z.enum(['welch', 'permutation'])
export type ComparisonTest = z.infer<typeof comparisonTest>

export const comparisonQuery = z.strictObject({
  study: id,
  factor: z.string().min(1), // dotted path of a factor: regularisation.weightDecay
  metric: z.string().min(1),
  baseline: z.string().optional(), // a level's label; the first level unless given
  test: comparisonTest.default('welch'),
  level: confidence.default(0.95), // of the intervals
  where: z.record(z.string(), z.string()).default({}), // path of another factor → label of the level that it is held at
})
export type ComparisonQuery = z.input<typeof comparisonQuery>

/** An interval at the comparison's confidence. */
export const interval = z.strictObject({ low: z.number(), high: z.number() })
export type Interval = z.infer<typeof interval>

/** Level minus baseline. The interval is Welch's, whichever test gives p; what a side's few or equal values do not allow is null. */
export const difference = z.strictObject({
  value: z.number(), // difference of the means, in the metric's unit
  low: z.number().nullable(),
  high: z.number().nullable(),
  p: probability.nullable(), // two-sided
  pAdjusted: probability.nullable(), // Holm, over the levels that have a p
  effect: z.strictObject({ g: z.number(), low: z.number(), high: z.number() }).nullable(), // Hedges' g: in pooled standard deviations
  exact: z.boolean().optional(), // permutation test: every split was counted
  permutations: count.optional(), // permutation test: how many splits were counted or drawn
})
export type Difference = z.infer<typeof difference>

export const comparedLevel = z.strictObject({
  label: z.string(),
  value: json,
  n: count, // runs with a finite value: those the numbers are made of
  diverged: count, // runs without one, left out of every number
  infinite: count.default(0), // runs with ±∞, as the logarithm of 0 on a mirror: no mean holds it, so they are left out too
  stopped: count.default(0), // of the n, runs that a gate stopped: their value is of the step at which it did
  values: z.array(z.strictObject({ run: id, value: z.number() })), // the n runs
  mean: z.number().nullable(), // null for n = 0
  standardDeviation: z.number().nullable(), // of n − 1; null for n < 2
  interval: interval.nullable(), // of the mean, Student's t; null for n < 2
  difference: difference.nullable(), // null for the baseline, and where either side has no finite value
  need: z.strictObject({ seeds: count }).nullable(), // the least n that gives an interval, where n is below it
})
export type ComparedLevel = z.infer<typeof comparedLevel>

export const comparison = z.strictObject({
  factor: z.string(),
  metric: z.string(),
  baseline: z.string(), // the label of the level that the others are compared to
  test: comparisonTest,
  confidence,
  where: z.record(z.string(), z.string()).default({}), // other factors held at a level's label
  /** Other factors that vary among the compared runs: they are no replicates, so there is no interval, no test and no effect size. */
  pooled: z.array(z.string()).default([]),
  levels: z.array(comparedLevel), // in the order of the factor's levels
})
export type Comparison = z.infer<typeof comparison>
