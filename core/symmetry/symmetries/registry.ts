/** The symmetries, a row each, and what they say of a model. No model here is invariant under the scale of its weights. */
import { modelKinds } from '#core/learning/models/registry.ts'
import type { ModelKind, Size } from '#core/learning/models/model.ts'
import type { Mirror } from '../mirror.ts'
import { permutation } from './permutation.ts'
import { rescaling } from './rescaling.ts'
import { rotation } from './rotation.ts'
import { signFlip } from './signFlip.ts'
import type { Lengths, ModelSettings, Symmetry, SymmetryFamily } from './symmetry.ts'

export const symmetryKinds = { rescaling, rotation, permutation, 'sign-flip': signFlip } as const satisfies Record<string, Symmetry>

/** The families of a model, in the order of the registry. */
export function familiesOf(model: ModelSettings): readonly SymmetryFamily[] {
  return Object.values(symmetryKinds).flatMap((symmetry) => symmetry.of(model))
}

/** The mirrors of all finite families. Continuous ones have one for each direction: `mirrorAt`. */
export function mirrorsOf(model: ModelSettings, size: Size): readonly Mirror[] {
  const like = lengthsOf(model, size)
  return familiesOf(model).flatMap((family) => family.mirrors(like))
}

/** How many entries each of a model's parameters has. Fails: 'invalid-input' for a size that the model cannot have. */
export function lengthsOf(model: ModelSettings, size: Size): Lengths {
  const kind: ModelKind = modelKinds[model.kind] // its functions take the settings of its own kind, which these are
  return Object.fromEntries(
    kind.parameters(model, size).map(({ name, shape }) => [name, { length: shape.reduce((product, n) => product * n, 1) }]),
  )
}
