/**
 * How near a network is to the mirrors of its symmetries: of its model, or of two layers of a file that are a perceptron of one hidden layer.
 *
 *   r = ‖Oᵀθ‖ / ‖θ‖,   the smallest over the mirrors of a family
 *
 * Source: theory.md sections 3 and 9.
 */
import type { StructureMirror } from '#core/contract/structure.ts'
import type { ActivationName } from '#core/learning/models/activations.ts'
import type { Neurons, Parameters } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { StudyFile } from '#core/study/schema.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import type { SymmetryFamily } from '#core/symmetry/symmetries/symmetry.ts'

const reachedBelow = 1e-3 // what float32 can tell from a mirror, as in the metric

/** Of a run. The mirrors of a model are those of what is trained: under a reparametrisation there are others, which are not known here. */
export function mirrorsOfRun({ model, reparametrise }: StudyFile, trained: Parameters): StructureMirror[] {
  return reparametrise.length > 0 ? [] : familiesOf(model).flatMap((family) => mirrorOf(family, trained))
}

/** Incoming weights [inputs, width], and outgoing ones [width, outputs]. */
export type NeuronWeights = { readonly incoming: Matrix; readonly bias: Float64Array | null; readonly outgoing: Matrix }

/** Of a layer of neurons between two layers of a file. */
export function mirrorsOfNeurons(name: string, activation: Neurons['activation'], weights: NeuronWeights): StructureMirror[] {
  const { incoming, bias, outgoing } = weights
  const families = familiesOf({
    kind: 'perceptron',
    widths: [incoming.columns],
    activation: activationOf[activation],
    biases: bias !== null,
    init: {},
  })
  const parameters = {
    'layer1.weight': incoming.values,
    ...(bias === null ? {} : { 'layer1.bias': bias }),
    'layer2.weight': outgoing.values,
  }
  return families
    .flatMap((family) => mirrorOf(family, parameters))
    .map((mirror) => ({
      ...mirror,
      family: mirror.family.replace(/layer1$/, name),
      title: { en: mirror.title.en.replace(/layer1$/, name), ja: mirror.title.ja.replace('layer1', name) },
    }))
}

/** One activation of each symmetry. */
const activationOf = { odd: 'tanh', homogeneous: 'relu', linear: 'identity', other: 'gelu' } as const satisfies Record<
  Neurons['activation'],
  ActivationName
>

function mirrorOf(
  { name, kind, title, hasMirrors, isFinite, onMirror, residuals }: SymmetryFamily,
  parameters: Parameters,
): StructureMirror[] {
  if (!hasMirrors) return []
  const all = residuals(parameters)
  if (all.length === 0) return []
  const isKnown = all.every(Number.isFinite)
  return [
    {
      family: name,
      symmetry: kind,
      title,
      onMirror,
      residual: isKnown ? all.reduce((least, value) => Math.min(least, value)) : null,
      places: isFinite ? all.length : null,
      reached: isKnown && isFinite ? all.filter((value) => value < reachedBelow).length : null,
    },
  ]
}
