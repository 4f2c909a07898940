/** Settings that every optimiser has. */
import { z } from 'zod'
import { scheduleSettings } from '../schedules/registry.ts'

export const commonSettings = {
  learningRate: z.number().gt(0).describe('η'),
  batch: z
    .union([z.literal('full'), z.int().min(1)])
    .default('full')
    .describe('rows of one step: `full`, or a number; drawn without replacement, a fresh order in every epoch'),
  schedule: scheduleSettings.prefault({ kind: 'constant' }).describe('how the learning rate changes over the steps'),
  clip: z
    .union([
      z.strictObject({
        norm: z.number().gt(0).describe('largest norm of the gradient of all parameters of a run; a longer one is shortened'),
      }),
      z.strictObject({ value: z.number().gt(0).describe('largest size of an entry of the gradient') }),
    ])
    .optional()
    .describe('limits the gradient of the loss with its decay, before the update'),
} as const
