/**
 * A phase diagram: a metric over two factors, a cell for each pair of levels, and the line along which the theory changes its mind. Missing numbers are null, never
 * NaN; a cell without a run has n = 0.
 */
import { z } from 'zod'
import { count, id, words } from './values.ts'

export const phaseQuery = z.strictObject({
  study: id,
  x: z.string().min(1), // dotted path of a factor whose levels are numbers
  y: z.string().min(1), // another
  metric: z.string().min(1),
  where: z.record(z.string(), z.string()).default({}), // path of another factor → label of the level that it is held at
})
export type PhaseQuery = z.input<typeof phaseQuery>

export const phaseAxis = z.strictObject({
  factor: z.string(),
  scale: z.enum(['linear', 'log']), // on which the levels are more evenly spaced
  levels: z.array(z.strictObject({ label: z.string(), value: z.number() })).min(1), // in increasing order
})
export type PhaseAxis = z.infer<typeof phaseAxis>

export const phaseCell = z.strictObject({
  x: count, // place among the levels of x
  y: count,
  n: count, // runs with a finite value: those the numbers are made of; of a metric that is 0 or 1 the mean is a share
  diverged: count, // runs without one
  stopped: count.optional(), // of the n, runs that a gate stopped: their value is of the step at which it did; left out where only values are known
  mean: z.number().nullable(), // null for n = 0
  standardDeviation: z.number().nullable(), // of n − 1; null for n < 2
})
export type PhaseCell = z.infer<typeof phaseCell>

/** A piece of the boundary without a gap. */
export const phaseLine = z.strictObject({
  collapses: z.enum(['above', 'below']), // on which side of it the theory says that what is trained collapses
  points: z
    .array(
      z.strictObject({
        at: z.number(), // on the axis that the line runs along
        value: z.number(), // on the other: the median over seeds
        low: z.number(), // over seeds, which may draw data of their own
        high: z.number(),
      }),
    )
    .min(1),
})
export type PhaseLine = z.infer<typeof phaseLine>

export const phaseBoundary = z.strictObject({
  oracles: z.array(z.strictObject({ number: z.string(), title: words })).min(1),
  along: z.enum(['x', 'y']),
  seeds: count, // whose data were asked; 1 where all have the same
  lines: z.array(phaseLine), // none where one side fills the whole diagram
})
export type PhaseBoundary = z.infer<typeof phaseBoundary>

export const phase = z.strictObject({
  metric: z.string(),
  x: phaseAxis,
  y: phaseAxis,
  where: z.record(z.string(), z.string()),
  pooled: z.array(z.string()), // other factors that vary among the runs of a cell
  cells: z.array(phaseCell), // every pair of levels: all of the first y, then of the next
  boundary: phaseBoundary.nullable(), // null where the theory has no closed form, and where factors are pooled
})
export type Phase = z.infer<typeof phase>
