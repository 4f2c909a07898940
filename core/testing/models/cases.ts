/** Settings of every kind of model and loss on which the conformance suite tries them; a row of the registry without one does not compile. */
import type { lossKinds } from '#core/learning/losses/registry.ts'
import type { modelKinds } from '#core/learning/models/registry.ts'
import type { Size } from '#core/learning/models/model.ts'

export type ModelCase = {
  readonly title: string
  readonly settings: { readonly kind: keyof typeof modelKinds } & Readonly<Record<string, unknown>>
  readonly size: Size
  /** What the rows of x are: samples, targets beside them, or numbers of a loss that the model is given by, all positive. */
  readonly data: { readonly kind: 'samples'; readonly rows: number } | { readonly kind: 'energy'; readonly rows: number }
}

const samples = { kind: 'samples', rows: 5 } as const

const product = (depth: number, outputs: number): ModelCase => ({
  title: `depth ${depth}, ${outputs} outputs`,
  settings: { kind: 'product-linear', depth },
  size: { inputs: 3, outputs },
  data: samples,
})

const perceptrons = (['tanh', 'relu', 'gelu', 'identity'] as const).flatMap((activation) =>
  [true, false].flatMap((biases) =>
    [[1], [4], [3, 2]].map((widths, k): ModelCase => ({
      title: `${activation}, ${biases ? 'biases' : 'no biases'}, widths ${widths.join('-')}`,
      settings: { kind: 'perceptron', activation, biases, widths },
      size: { inputs: 3, outputs: k === 1 ? 1 : 3 },
      data: samples,
    })),
  ),
)

const convolutional = (title: string, settings: object, { inputs = 18, outputs = 2 } = {}): ModelCase => ({
  title,
  settings: { kind: 'convolutional', ...settings },
  size: { inputs, outputs },
  data: { kind: 'samples', rows: 2 }, // a picture is many numbers
})

const convolutionals = [
  convolutional('one layer of one channel', { channels: [1], pooling: 'none' }, { inputs: 9, outputs: 1 }),
  convolutional('two layers, images of 3 × 3 × 2', {
    image: [3, 3, 2],
    channels: [2, 3],
    kernel: [3, 2],
    pooling: 'none',
    activation: 'tanh',
  }),
  convolutional('max pooling of 4 × 4, no biases', { channels: [3], biases: false, activation: 'tanh' }, { inputs: 16 }),
  convolutional('average pooling, an odd row left out', { image: [5, 4, 1], channels: [2, 2], pooling: 'average', activation: 'gelu' }, { inputs: 20 }), // prettier-ignore
  convolutional('colours, neurons behind', { channels: [2], kernel: 2, widths: [3], activation: 'relu' }, { inputs: 12 }),
  convolutional('stride, valid, a kernel for each', { image: [6, 5, 1], channels: [2, 2], kernel: [3, 2], stride: [2, 1], padding: 'valid', pooling: 'none', activation: 'identity' }, { inputs: 30 }), // prettier-ignore
]

export const modelCases = {
  linear: [1, 3].map((outputs) => ({
    title: `${outputs} outputs`,
    settings: { kind: 'linear' },
    size: { inputs: 4, outputs },
    data: samples,
  })),
  'product-linear': [product(2, 1), product(2, 3), product(3, 1), product(5, 2)],
  'matrix-factorisation': [
    ...[1, 2, 5].map((width): ModelCase => ({
      title: `plain, width ${width}`,
      settings: { kind: 'matrix-factorisation', width },
      size: { inputs: 4, outputs: 3 },
      data: samples,
    })),
    { title: 'plain, one output', settings: { kind: 'matrix-factorisation', width: 2 }, size: { inputs: 3, outputs: 1 }, data: samples },
    ...[1, 2, 4].map((width): ModelCase => ({
      title: `positive semidefinite, width ${width}`,
      settings: { kind: 'matrix-factorisation', width, form: 'positive-semidefinite' },
      size: { inputs: 3, outputs: 3 },
      data: samples,
    })),
  ],
  perceptron: perceptrons,
  convolutional: convolutionals,
  'tied-autoencoder': [1, 3].map((width) => ({
    title: `code of ${width}`,
    settings: { kind: 'tied-autoencoder', width },
    size: { inputs: 3, outputs: 3 },
    data: samples,
  })),
  'linear-vae': [
    { title: 'β 1, s 1', settings: { kind: 'linear-vae' }, size: { inputs: 4, outputs: 1 }, data: { kind: 'energy', rows: 1 } },
    {
      title: 'β ½, s 2',
      settings: { kind: 'linear-vae', beta: 0.5, noise: 2 },
      size: { inputs: 1, outputs: 1 },
      data: { kind: 'energy', rows: 1 },
    },
  ],
  'self-supervised': [1, 3, 6].map((width) => ({
    title: `width ${width}`,
    settings: { kind: 'self-supervised', width },
    size: { inputs: 4, outputs: 1 },
    data: { kind: 'energy', rows: 2 },
  })),
} as const satisfies Record<keyof typeof modelKinds, readonly ModelCase[]>

export const lossCases = {
  mse: [{ kind: 'mse' }, { kind: 'mse', scale: 0.5 }],
  sse: [{ kind: 'sse' }, { kind: 'sse', scale: 0.25 }],
  'cross-entropy': [{ kind: 'cross-entropy' }, { kind: 'cross-entropy', smoothing: 0.1 }],
  energy: [{ kind: 'energy' }],
} as const satisfies Record<
  keyof typeof lossKinds,
  readonly ({ readonly kind: keyof typeof lossKinds } & Readonly<Record<string, unknown>>)[]
>
