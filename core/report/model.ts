/**
 * The frozen numbers of a report: everything that its pages say, gathered once by the workbench, so that the same model gives the same
 * bytes at any time and on any machine. It is JSON; a number that may be missing (a diverged run, one seed) is null, never NaN.
 */
import { z } from 'zod'
import { comparison } from '#core/contract/comparison.ts'
import { phase } from '#core/contract/phase.ts'
import { optimiserName } from '#core/contract/mirrors.ts'
import { runState } from '#core/contract/runs.ts'
import { factor, metric, verdictPart } from '#core/contract/studies.ts'
import { transition } from '#core/contract/transitions.ts'
import { survival } from '#core/contract/survival.ts'
import { count, language, sha256, unixMs, words } from '#core/contract/values.ts'
import { isMathml } from './mathml.ts'

/** A number, or null where there is none: what `orNull` makes of NaN and ±∞. */
const maybe = z.number().nullable()

const chartMetric = metric.omit({ name: true })
const chartFactor = z.strictObject({ title: words, ordered: z.boolean() })

const curves = z.strictObject({
  metric: chartMetric,
  factor: chartFactor.nullable(),
  groups: z.array(
    z.strictObject({
      label: z.string(),
      lines: z.array(z.strictObject({ run: z.string(), steps: z.array(z.number()), values: z.array(maybe) })),
      mean: z.array(maybe).optional(), // goes with the steps of the first line
    }),
  ),
  predictions: z.array(z.strictObject({ label: z.string(), value: z.number(), oracle: z.string() })),
  shown: count,
  total: count,
  n: count,
  logSteps: z.boolean().optional(),
})

const levels = z.strictObject({
  metric: chartMetric,
  factor: chartFactor,
  groups: z.array(
    z.strictObject({
      label: z.string(),
      levels: z.array(
        z.strictObject({
          label: z.string(),
          value: maybe,
          points: z.array(maybe),
          n: count,
          mean: maybe,
          low: maybe,
          high: maybe,
          prediction: maybe,
        }),
      ),
    }),
  ),
  oracle: z.string().nullable(),
  confidence: z.number(),
  n: count,
})

const pathPoint = z.strictObject({ level: z.number(), value: maybe })
const path = z.strictObject({
  factor: z.strictObject({ title: words }),
  coefficients: z.array(z.strictObject({ name: z.string(), measured: z.array(pathPoint), predicted: z.array(pathPoint) })),
  oracle: z.string(),
  n: count,
})

const phaseDiagram = z.strictObject({
  metric: chartMetric,
  x: z.strictObject({ title: words }),
  y: z.strictObject({ title: words }),
  phase,
})

/** A chart's data, the arrays as JSON: the types of `presentation/charts` with null for NaN. */
const figure = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('curves'), data: curves }),
  z.strictObject({ kind: z.literal('levels'), data: levels }),
  z.strictObject({ kind: z.literal('path'), data: path }),
  z.strictObject({ kind: z.literal('phase'), data: phaseDiagram }),
])
export type ReportFigure = z.infer<typeof figure>

const levelOf = z.strictObject({ factor: z.string(), label: z.string() }) // the factor's path

/**
 * One cell against its prediction. `measured` and `predicted` are means over the cell's finished runs: seeds that draw their own data have
 * predictions of their own. Distances compare each run with its own prediction before anything is averaged.
 */
const theoryCell = z.strictObject({
  label: z.string(),
  levels: z.array(levelOf),
  replicates: count, // finished runs that did not diverge
  names: z.array(z.string()),
  predicted: z.array(maybe),
  measured: z.array(maybe),
  largestDeviation: maybe, // max over runs and coefficients of |measured − predicted|
  largestDifference: maybe, // the same over the largest |predicted| of the run
  zerosPredicted: z.strictObject({ low: count, high: count }).nullable(), // least and most in one run
  zerosMeasured: z.strictObject({ low: count, high: count }).nullable(), // |v| < methods.zeroThreshold
  zerosDiffer: count, // coefficients, over all runs, whose zero is predicted but not measured or the reverse; exempt ones not counted
  exempt: z.array(z.strictObject({ name: z.string(), run: z.string(), margin: z.number(), needed: z.number() })), // margin < needed
})

const theory = z.strictObject({
  oracle: z.string(), // number in the handbook, for instance 8.2
  title: words, // for instance Lasso
  limit: z.number(), // of largestDifference
  cells: z.array(theoryCell),
})

/** Means of a metric over the second half of training and over a cell's runs, beside the theory's. No single run is held to it. */
const meansTheory = z.strictObject({
  oracle: z.string(),
  title: words,
  metric: words,
  cells: z.array(
    z.strictObject({ label: z.string(), replicates: count, predicted: z.number(), measured: maybe, low: maybe, high: maybe }), // a 95 % interval
  ),
})

/** A symmetry of one of the study's models, by its own account. */
const symmetry = z.strictObject({
  model: words,
  title: words,
  mirrors: count.nullable(), // null: one for every direction
  onMirror: z.enum(['zero', 'equal', 'dependent']).nullable(), // null: no mirror through the origin
  keptBy: z.array(optimiserName),
  cells: count, // with this model
  changed: count, // of these with other variables
  kept: count, // of the others, whose steps keep its mirrors
  conserved: z.strictObject({ tex: z.string(), kept: count, rates: z.array(z.number()) }).nullable(),
})

/** What all runs share: one row of the design table. */
const setting = z.strictObject({ title: words, value: words })

const divergedRun = z.strictObject({ run: z.string(), levels: z.array(levelOf), replicate: count, step: count, place: z.string() })
const stoppedRun = z.strictObject({ run: z.string(), levels: z.array(levelOf), replicate: count, step: count, gate: count })

const methods = z.strictObject({
  steps: count,
  optimiser: z.strictObject({ kind: z.string(), learningRate: z.array(z.number()), momentum: z.array(z.number()), batch: z.string() }),
  weightDecays: z.array(z.number()), // γ of every level, in order
  product: z.boolean(), // a product parametrisation: γ is also scikit-learn's Lasso alpha
  loss: z.string(), // kind
  confidence: z.number(), // of every interval
  zeroThreshold: z.number(), // |v| below it counts as zero
  exemption: z.number(), // a zero with margin < exemption / (η · steps) is exempt
})

const reproducibility = z.strictObject({
  hash: sha256,
  versions: z.record(z.string(), z.string()),
  engine: z.string(),
  device: z.string().nullable(),
  seeds: z.strictObject({ base: z.number().int(), count, paired: z.boolean() }),
  stacks: z.array(z.strictObject({ id: z.string(), runs: count, parameters: count, seconds: maybe })),
  programs: z.strictObject({ made: count, reused: count, seconds: maybe }), // what the training steps were captured as
  data: z.array(z.strictObject({ path: z.string(), sha256, bytes: count, source: words.nullable() })),
  commands: z.array(z.strictObject({ what: z.enum(['reproduce', 'verify']), text: z.string() })),
  dateMs: unixMs,
})

export const reportModel = z.strictObject({
  language,
  theme: z.enum(['light', 'dark']),
  study: z.strictObject({
    name: z.string(),
    title: words,
    question: words,
    formula: z.string(), // the loss, in TeX
    formulaHtml: z.string().refine(isMathml, { error: 'study.formulaHtml: expected one <math> element of presentation MathML' }),
  }),
  verdict: z.array(verdictPart),
  metrics: z.array(metric), // every metric that is named in verdict and comparisons
  factors: z.array(factor),
  settings: z.array(setting),
  seeds: z.strictObject({ base: z.number().int(), count, paired: z.boolean() }),
  runs: z.strictObject({
    total: count,
    states: z.partialRecord(runState, count),
    diverged: z.array(divergedRun),
    stopped: z.array(stoppedRun),
  }),
  symmetries: z.array(symmetry).default([]),
  theory: z.array(theory), // one entry for each oracle
  theoryOfMeans: z.array(meansTheory).default([]), // one entry for each oracle and metric
  figures: z.array(figure),
  comparisons: z.array(comparison),
  times: z.array(survival).default([]), // until an event, one entry for each question
  transitions: z.array(transition).default([]), // of a bisection
  methods,
  reproducibility,
})
export type ReportModel = z.infer<typeof reportModel>
export type TheoryCell = z.infer<typeof theoryCell>

/** A number as a report keeps it: null where it is not finite. */
export function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
