/**
 * The study file: one schema, from which validation, defaults and the JSON Schema for editors come.
 *
 * What is not written has the default stated here. Unknown fields are refused. The kinds of models, data, losses and optimisers bring their own
 * settings from their registries.
 */
import { z } from 'zod'
import { metricNames } from '#core/analysis/metrics/registry.ts'
import { json, words } from '#core/contract/values.ts'
import { dataKinds } from '#core/learning/data/registry.ts'
import { settingsOf } from '#core/learning/kind.ts'
import { lossKinds } from '#core/learning/losses/registry.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { gradientNoise } from '#core/learning/noise/gradientNoise.ts'
import { labelNoise } from '#core/learning/noise/labelNoise.ts'
import { optimiserKinds } from '#core/learning/optimisers/registry.ts'
import { reparametrisationSettings } from '#core/learning/reparametrise/registry.ts'
import { constraints } from './designs/constraints.ts'
import { levels } from './designs/levels.ts'
import { design } from './designs/registry.ts'
import { gate } from './gates.ts'

/** The version of the study format. */
export const studyVersion = 1

/** More runs than this are refused before anything is planned. */
export const mostRuns = 100_000

const pattern = z.string().min(1).describe('names of trained parameters; `*` stands for any letters, commas for alternatives')

const regularisation = z.strictObject({
  weightDecay: z.number().min(0).default(0).describe('γ in ℓ + γ‖θ‖²; PyTorch calls 2γ weight_decay'),
  groups: z
    .array(z.strictObject({ parameters: pattern, weightDecay: z.number().min(0).describe('γ of these parameters') }))
    .default([])
    .describe('parameters with a decay of their own; the last that names a parameter counts'),
})

const noise = z.strictObject({
  label: labelNoise.optional().describe('noise on the targets, drawn anew at every step'),
  gradient: gradientNoise.optional().describe('noise on the gradient, drawn anew at every step'),
})

/** From a step on, other data: fields of `data` that change, and nothing that changes its shape. */
const task = z.strictObject({
  step: z.int().min(1).describe('the first step of the task, counted from 0'),
  set: z
    .record(z.string().regex(/^data\./, 'expected a path that begins with data.'), json)
    .describe('path of a field of the data → its value from then on'),
})

const training = z.strictObject({
  steps: z.int().min(1).max(16_000_000).describe('optimiser steps'), // a resumed step is a float64 on the wire, far below 2⁵³; the limit keeps a typing error from running for weeks
  record: z
    .strictObject({ every: z.int().min(1).optional().describe('steps between recorded values; a 200th of the steps when left out') })
    .prefault({}),
})

export const studySchema = z.strictObject({
  kagami: z.literal(studyVersion).describe('version of this format'),
  name: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    .max(60)
    .describe('lower case, digits and hyphens'),
  title: words.optional().describe('in both languages; the name when left out'),
  question: words.optional().describe('what the study asks, one sentence'),
  model: settingsOf(modelKinds),
  reparametrise: z.array(reparametrisationSettings).max(100).default([]).describe('changes of variables put on parameters of the model'),
  initialValues: z
    .record(z.string().min(1), z.union([z.number(), z.array(z.number()).min(1)]))
    .default({})
    .describe(
      'pattern of trained parameters → their values before the first step, one for all entries or one for each; in place of those that are drawn',
    ),
  data: settingsOf(dataKinds),
  tasks: z.array(task).max(10_000).default([]).describe('changes of the data during a run, in the order of their steps'),
  loss: settingsOf(lossKinds).prefault({ kind: 'mse' }),
  optimiser: settingsOf(optimiserKinds),
  noise: noise.prefault({}),
  regularisation: regularisation.prefault({}),
  training,
  measure: z
    .array(z.enum(metricNames))
    .min(1)
    .default([...metricNames]),
  factors: z
    .record(z.string().min(1), levels)
    .default({})
    .describe('path of a field → its levels: a list, or a range, or an interval to draw from'),
  design: design.prefault({ kind: 'grid' }).describe('how levels are combined to cells'),
  constraints: constraints.default([]),
  seeds: z
    .strictObject({
      count: z.int().min(1).default(1).describe('replicates of every cell'),
      paired: z.boolean().default(false).describe('the same draws for a replicate in every cell: data, start, batches and noise'),
      base: z.int().min(0).default(1).describe('the number that all randomness of the study starts from'),
    })
    .prefault({}),
  gates: z.array(gate).default([]).describe('rules that every run of a finished study is held to; the verdict counts them'),
})

export type StudyFile = z.output<typeof studySchema>
