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
import { lossKinds } from '#core/learning/losses/registry.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { optimiserKinds } from '#core/learning/optimisers/registry.ts'

/** The version of the study format. */
export const studyVersion = 1

/** More runs than this are refused before anything is planned. */
export const mostRuns = 100_000

const model = z.discriminatedUnion('kind', [modelKinds.linear.settings, modelKinds['product-linear'].settings])
const data = z.discriminatedUnion('kind', [dataKinds['sparse-linear'].settings, dataKinds.csv.settings])

const gate = z
  .strictObject({
    metric: z.string().min(1).describe('a recorded metric, at the last step'),
    atMost: z.number().optional(),
    atLeast: z.number().optional(),
    where: z.record(z.string(), json).default({}).describe('levels that a run must have for the rule to speak about it'),
  })
  .refine(({ atMost, atLeast }) => (atMost === undefined) !== (atLeast === undefined), {
    error: 'expected exactly one of atMost and atLeast',
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
  model,
  data,
  loss: z.discriminatedUnion('kind', [lossKinds.mse.settings]).prefault({ kind: 'mse' }),
  optimiser: z.discriminatedUnion('kind', [optimiserKinds.sgd.settings]),
  regularisation: z
    .strictObject({ weightDecay: z.number().min(0).default(0).describe('γ in ℓ + γ‖θ‖²; PyTorch calls 2γ weight_decay') })
    .prefault({}),
  training,
  measure: z
    .array(z.enum(metricNames))
    .min(1)
    .default([...metricNames]),
  factors: z.record(z.string().min(1), z.array(json).min(1)).default({}).describe('path of a field → its levels'),
  seeds: z
    .strictObject({
      count: z.int().min(1).default(1).describe('replicates of every cell'),
      base: z.int().min(0).default(1).describe('the number that all randomness of the study starts from'),
    })
    .prefault({}),
  gates: z.array(gate).default([]).describe('rules that every run of a finished study is held to; the verdict counts them'),
})

export type StudyFile = z.output<typeof studySchema>
export type Gate = StudyFile['gates'][number]
