/** What one row costs a model. */
import { sizeOf } from '../reparametrise/reparametrisation.ts'
import type { ModelKind, Size } from './model.ts'

/**
 * Multiplications of one row forward: what the model says; else one for each entry of what is applied to it, of coefficients those, whatever number of factors
 * each is a product of.
 */
export function multiplicationsOf(kind: ModelKind, settings: Parameters<ModelKind['parameters']>[0], size: Size): number {
  if (kind.multiplications !== undefined) return kind.multiplications(settings, size)
  if (kind.subject(settings).kind === 'coefficients') return size.inputs * size.outputs
  return kind.parameters(settings, size).reduce((sum, parameter) => sum + sizeOf(parameter), 0)
}
