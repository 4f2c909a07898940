/**
 * How long the runs of each level of a factor take until a metric reaches a value, when some end before it does: such a run is censored, it says
 * "later than this". A time is that of the first recorded step at which the value is reached, counted from a step; the event itself may lie
 * anywhere since the record before. Missing numbers are null, never NaN.
 */
import { z } from 'zod'
import { count, id, json } from './values.ts'

const probability = z.number().min(0).max(1)
const confidence = z.number().gt(0).lt(1)
const steps = z.number().nonnegative()

/** The step from which time is counted: one for all levels, or one for each of the levels named, which then are all that are compared. */
const after = z.union([count, z.record(z.string(), count)])

export const survivalQuery = z
  .strictObject({
    study: id,
    factor: z.string().min(1), // dotted path of a factor
    metric: z.string().min(1),
    atMost: z.number().optional(), // the event: the metric is recorded at most, or at least, at this value
    atLeast: z.number().optional(),
    after: after.default(0),
    baseline: z.string().optional(), // a level's label; the first level unless given
    level: confidence.default(0.95), // of the intervals
    where: z.record(z.string(), z.string()).default({}), // path of another factor → label of the level that it is held at
  })
  .refine(({ atMost, atLeast }) => (atMost === undefined) !== (atLeast === undefined), {
    path: ['atMost'],
    error: 'expected exactly one of atMost and atLeast',
  })
export type SurvivalQuery = z.input<typeof survivalQuery>

/** From this time on, until that of the next point, a share of runs is without the event. */
const survivalPoint = z.strictObject({
  time: steps,
  atRisk: count, // runs seen just before
  events: count,
  survival: probability,
  low: probability.nullable(), // null at survival 0, and where the runs are no replicates
  high: probability.nullable(),
})

/** The runs that ended without the event, by how they did; each is censored at its last record. */
const censored = z.strictObject({
  lastStep: count, // came to the last step
  stopped: count, // a gate stopped it
  diverged: count,
  unfinished: count, // the user stopped it, it failed or was interrupted
})

export const levelSurvival = z.strictObject({
  label: z.string(),
  value: json,
  after: count, // the step at which its time is 0
  n: count, // runs with a record from there on
  events: count,
  atStart: count, // of the events: the value was there already at the first record, at time 0 where `after` is a recorded step
  censored,
  unseen: count, // runs without a record of the metric from `after` on, left out of every number
  curve: z.array(survivalPoint), // Kaplan–Meier, at the times of events, ascending
  censorings: z.array(z.strictObject({ time: steps, count })), // ascending
  lastTime: steps.nullable(), // of any run: the curve says nothing beyond
  median: z.strictObject({ time: steps.nullable(), low: steps.nullable(), high: steps.nullable() }), // a bound is null where the interval is open, or there is none
  restrictedMean: z.strictObject({ value: steps, low: steps.nullable(), high: steps.nullable() }).nullable(), // up to the comparison's horizon
  /** Against the baseline; null for the baseline itself, and where there is nothing to test. */
  test: z.strictObject({ chiSquare: z.number().nonnegative(), p: probability, pAdjusted: probability }).nullable(), // log-rank, 1 degree of freedom; Holm over the levels
  need: z.strictObject({ seeds: count }).nullable(), // the least n that gives an interval, where n is below it
})
export type LevelSurvival = z.infer<typeof levelSurvival>

export const survival = z.strictObject({
  factor: z.string(),
  metric: z.string(),
  rule: z.enum(['at-most', 'at-least']),
  limit: z.number(),
  baseline: z.string(), // the label of the level that the others are tested against
  confidence,
  interval: z.literal('log-log'), // of survival, pointwise; that of the median follows from it
  resolution: steps.nullable(), // the widest gap between two records: no time is known better than that
  horizon: steps.nullable(), // of the restricted means: as far as every level is known
  where: z.record(z.string(), z.string()).default({}), // other factors held at a level's label
  /** Other factors that vary among the runs: they are no replicates, so there is no interval and no test. */
  pooled: z.array(z.string()).default([]),
  test: z.strictObject({ chiSquare: z.number().nonnegative(), degrees: count, p: probability }).nullable(), // log-rank over all levels
  levels: z.array(levelSurvival), // in the order of the factor's levels
})
export type Survival = z.infer<typeof survival>
