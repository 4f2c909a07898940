/** Which mirrors a model has, by its symmetries. */
import type { z } from 'zod'
import type { modelKinds } from '#core/learning/models/registry.ts'
import type { Size } from '#core/learning/models/model.ts'
import type { Mirror } from '../mirror.ts'
import { rescalingMirrors } from './rescaling.ts'

type Settings = { [K in keyof typeof modelKinds]: z.output<(typeof modelKinds)[K]['settings']> }[keyof typeof modelKinds]

export function mirrorsOf(model: Settings, { inputs, outputs }: Size): readonly Mirror[] {
  switch (model.kind) {
    case 'product-linear':
      return rescalingMirrors(model, inputs * outputs)
    default:
      return []
  }
}
