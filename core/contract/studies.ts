/** Studies: experiment designs, from their text to the summary of what came out. */
import { z } from 'zod'
import { runStates } from './runs.ts'
import { count, float64Array, id, json, language, real, sha256, unixMs, words } from './values.ts'

/** A study given by its text, or by the name of a preset; `overrides` are `path.to.field=value`, applied in order. */
export const studySource = z.strictObject({
  preset: z.string().optional(),
  text: z.string().optional(),
  name: z.string().optional(), // what sentences call the text, for instance `study.yaml`
  folder: z.string().optional(), // where relative paths in the text start; only hosts on this machine may give it
  overrides: z.array(z.string()).default([]),
})
export type StudySource = z.input<typeof studySource>

export const preset = z.strictObject({
  name: z.string(),
  title: words,
  question: words,
  text: z.string(),
  runs: count,
  files: z.array(z.string()), // that it reads and that do not come with the program: `folder/file` as its text names them
})
export type Preset = z.infer<typeof preset>

export const factor = z.strictObject({
  path: z.string(),
  title: words,
  ordered: z.boolean(),
  levels: z.array(z.strictObject({ value: json, label: z.string() })),
})
export type Factor = z.infer<typeof factor>

export const metric = z.strictObject({
  name: z.string(),
  title: words,
  unit: z.string(),
  scale: z.enum(['linear', 'log']),
  isPredictable: z.boolean().default(false),
})
export type Metric = z.infer<typeof metric>

export const stackPlan = z.strictObject({ id, runs: count, shape: json, parameters: count, steps: count, bytes: count, seconds: real })
export type StackPlan = z.infer<typeof stackPlan>

/** What a study will make, before it makes it. `seconds` is an estimate of training time on wasm, whichever `engine` trains. */
export const plan = z.strictObject({
  name: z.string(),
  hash: sha256,
  title: words,
  cells: count,
  seeds: count,
  runs: count,
  mostRuns: count.nullable().default(null), // of a bisection, whose levels follow from outcomes: `runs` are then the least, and seconds and bytes those of the most
  engine: z.string(),
  seconds: real,
  bytes: count, // of recorded series on disk
  factors: z.array(factor),
  stacks: z.array(stackPlan),
  warnings: z.array(z.string()),
})
export type Plan = z.infer<typeof plan>

/** One rule of the study, counted over the runs that it speaks about: the verdict is made of these and nothing else. */
export const verdictPart = z.strictObject({
  metric: z.string(),
  rule: z.enum(['at-most', 'at-least', 'within']),
  limit: real, // of `within` the lower
  upper: real.nullable().default(null), // of `within`
  of: z.enum(['each', 'mean', 'median']).default('each'), // every run for itself, or what they have in common
  over: json.default('last'), // what of the series counts, as the study writes it
  relativeTo: z.array(z.strictObject({ factor: z.string(), label: z.string() })).default([]), // levels of the baseline that values are differences to
  where: z.array(z.strictObject({ factor: z.string(), label: z.string() })),
  theory: words.nullable().default(null), // what the prediction for these runs is called; null where there is none, or several
  predicted: real.nullable().default(null), // of a mean over the last half: the theory's
  reason: words.nullable().default(null), // why the limits are what they are
  passed: count,
  total: count, // of the runs that have come to their end; of a mean or median 1 when all have
  runs: count.default(0), // that have come to their end
  value: real.nullable().default(null), // of a mean or median
  interval: z.strictObject({ low: real, high: real }).nullable().default(null),
  least: real.nullable().default(null), // of the values that there are
  most: real.nullable().default(null),
  worst: real.nullable(),
  worstRun: id.nullable(),
})
export type VerdictPart = z.infer<typeof verdictPart>

export const study = z.strictObject({
  id,
  name: z.string(),
  hash: sha256,
  title: words,
  question: words,
  formula: z.string(), // the loss, in TeX
  formulaMathml: z.string(),
  createdMs: unixMs,
  engine: z.string(),
  device: z.string().nullable(),
  runs: z.record(z.enum(runStates), count),
  step: count, // the sum over runs of the steps made safe
  steps: count, // the sum over runs of the steps wanted
  secondsLeft: real.nullable(),
  programs: z.strictObject({ made: count, reused: count, seconds: real }), // what the training steps were captured as, summed over stacks and their jobs
  factors: z.array(factor),
  metrics: z.array(metric),
  verdict: z.array(verdictPart),
})
export type Study = z.infer<typeof study>

/**
 * One run's vectors at its end, with the theory's: the model's effective coefficients, the oracle's, and the oracle's margin
 * (γ − |X_jᵀr|/n at each coordinate; how far from the critical point a zero is).
 */
export const coefficients = z.strictObject({
  run: id,
  names: z.array(z.string()),
  measured: float64Array,
  predicted: float64Array.nullable(),
  margin: float64Array.nullable(),
})
export type Coefficients = z.infer<typeof coefficients>

/**
 * The theory's value of `metric` for one cell and replicate; drawn as a dashed line. Of the last value, or of the mean over the last half of training and over
 * replicates, which no single value is held against.
 */
export const prediction = z.strictObject({
  metric: z.string(),
  oracle: z.string(),
  cell: id,
  replicate: count,
  over: z.enum(['last', 'last-half']),
  value: real,
})
export type Prediction = z.infer<typeof prediction>

export const reportRequest = z.strictObject({ study: id, language, theme: z.enum(['light', 'dark']).default('light') })
export type ReportRequest = z.input<typeof reportRequest>
