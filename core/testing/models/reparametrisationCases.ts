/** Settings of every kind of reparametrisation, each with the settings of the plain formula, on which the suite tries them. */
import type { Size } from '#core/learning/models/model.ts'
import type { reparametrisationKinds } from '#core/learning/reparametrise/registry.ts'
import type { ModelSettings } from '#core/testing/reference/models.ts'
import type { ReparametrisationSettings } from '#core/testing/reference/reparametrisations.ts'

export type ReparametrisationCase = {
  readonly title: string
  readonly settings: { readonly kind: keyof typeof reparametrisationKinds } & Readonly<Record<string, unknown>>
  readonly plain: ReparametrisationSettings
  readonly model: ModelSettings
  readonly size: Size
}

const perceptron = { kind: 'perceptron', widths: [4], activation: 'tanh', biases: true } as const
const onPerceptron = { model: perceptron, size: { inputs: 3, outputs: 2 } }
const onLinear = { model: { kind: 'linear' } as const, size: { inputs: 4, outputs: 1 } }
const onSquare = { model: { kind: 'linear' } as const, size: { inputs: 3, outputs: 3 } }
const onFactors = { model: { kind: 'matrix-factorisation', width: 3, form: 'plain' } as const, size: { inputs: 4, outputs: 3 } }

const dcs = (constraint: 'zero' | 'tie' | 'difference', gate: 'elementwise' | 'group'): ReparametrisationCase => ({
  title: `${constraint}, ${gate}`,
  settings: { kind: 'dcs', constraint: { kind: constraint }, gate },
  plain: { kind: 'dcs', constraint: { kind: constraint }, gate },
  ...onLinear,
})
const columns = [
  [0.6, 0, 0.8, 0],
  [0, 1, 0, 0],
]

export const reparametrisationCases = {
  product: [2, 3, 4].map((depth) => ({
    title: `depth ${depth}, weights and biases`,
    settings: { kind: 'product', depth },
    plain: { kind: 'product', depth },
    ...onPerceptron,
  })),
  'low-rank': [
    {
      title: 'full width',
      settings: { kind: 'low-rank', parameters: 'layer1.weight' },
      plain: { kind: 'low-rank', width: 3 },
      ...onPerceptron,
    },
    {
      title: 'width 2, two matrices',
      settings: { kind: 'low-rank', parameters: '*.weight', width: 2 },
      plain: { kind: 'low-rank', width: 2 },
      ...onPerceptron,
    },
  ],
  dcs: [
    ...(['zero', 'tie', 'difference'] as const).flatMap((constraint) => [dcs(constraint, 'elementwise'), dcs(constraint, 'group')]),
    {
      title: 'symmetric matrix',
      settings: { kind: 'dcs', constraint: { kind: 'symmetric-matrix' } },
      plain: { kind: 'dcs', constraint: { kind: 'symmetric-matrix' }, gate: 'elementwise' },
      ...onSquare,
    },
    {
      title: 'columns given in numbers',
      settings: { kind: 'dcs', constraint: { kind: 'orthonormal', columns } },
      plain: { kind: 'dcs', constraint: { kind: 'orthonormal', columns }, gate: 'elementwise' },
      ...onLinear,
    },
    {
      title: 'two parameters tied',
      settings: { kind: 'dcs', parameters: 'layer1.bias,layer2.weight', constraint: { kind: 'tie' } },
      plain: { kind: 'dcs', constraint: { kind: 'tie' }, gate: 'elementwise' },
      ...onPerceptron,
    },
  ],
  residual: [{ title: 'both factors', settings: { kind: 'residual' }, plain: { kind: 'residual' }, ...onFactors }],
  syre: [
    { title: 'everything', settings: { kind: 'syre', std: 0.2 }, plain: { kind: 'syre' }, ...onPerceptron },
    { title: 'with a metric', settings: { kind: 'syre', std: 0.2, diagonal: true }, plain: { kind: 'syre' }, ...onFactors },
  ],
  'asymmetric-mask': [
    {
      title: 'weights',
      settings: { kind: 'asymmetric-mask', parameters: '*.weight' },
      plain: { kind: 'asymmetric-mask' },
      ...onPerceptron,
    },
  ],
} as const satisfies Record<keyof typeof reparametrisationKinds, readonly ReparametrisationCase[]>
