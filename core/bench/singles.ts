/** Problems that are one program each: what the numbers of a step depend on is their size, not a question. */
import type { StudySource } from '#core/contract/studies.ts'
import { drawUniform } from '#core/numerics/random/draw.ts'
import { rootKey } from '#core/numerics/random/key.ts'
import { trainingFlops, type Layer } from './flops.ts'
import type { Problem, StudyGiven } from './problem.ts'

const countless = 1_000_000 // steps: no problem of these is trained to its end

/** U [32, 16] times V [16, 32] against a matrix whose sixteen singular values all outlive the decay: none shrinks to numbers that some engines take for 0. */
export function factorisation(runs: number): Problem {
  const [rows, width, columns] = [32, 16, 32]
  return single({
    name: `mf-${runs}`,
    what: `UV of ${rows} × ${width} × ${columns}, ${runs === 1 ? 'one run' : `${runs} runs stacked`}`,
    law: 'factorisation',
    runs,
    flops: runs * 3 * 2 * rows * width * columns, // UV, and a product for each factor's gradient; the program's own product with x, the identity, is not needed and not counted
    comparedSteps: 200,
    study: {
      model: { kind: 'matrix-factorisation', width, init: { std: 0.1 } },
      data: { kind: 'low-rank-matrix', rows, columns, singularValues: Array.from({ length: width }, (_, i) => 4 - 0.2 * i) },
      loss: { kind: 'sse' },
      optimiser: { kind: 'sgd', learningRate: 0.01 },
      regularisation: { weightDecay: 0.1 },
      seeds: { count: runs },
    },
  })
}

const classes = 10

/** Two hidden layers of 512 on 1,024 made-up items of 28 × 28, batches of 128. */
export function perceptronProblem(): Problem {
  const widths = [784, 512, 512, classes]
  return single({
    name: 'mlp',
    what: `perceptron ${widths.join('-')}, batch 128`,
    law: 'perceptron',
    runs: 1,
    flops: trainingFlops(
      128,
      widths.slice(1).map((outputs, l): Layer => ({ inputs: widths[l] ?? 0, outputs })),
    ),
    comparedSteps: 100,
    images: { count: 1_024, shape: [28, 28] },
    study: {
      model: { kind: 'perceptron', widths: [512, 512], activation: 'relu', biases: false },
      optimiser: { kind: 'sgd', learningRate: 0.02, batch: 128 },
    },
  })
}

/** Convolutions of 3 × 3 with 32, 64 (every second place) and 64 channels on 128 made-up images of 32 × 32 × 3, batches of 32; one product behind them. */
export function convolutionProblem(): Problem {
  return single({
    name: 'conv',
    what: 'convolutions 32, 64/2, 64 and one layer on 32 × 32 × 3, batch 32',
    law: 'convolutional',
    runs: 1,
    flops: trainingFlops(32, [
      { inputs: 9 * 3, outputs: 32, places: 32 * 32 },
      { inputs: 9 * 32, outputs: 64, places: 16 * 16 },
      { inputs: 9 * 64, outputs: 64, places: 16 * 16 },
      { inputs: 16 * 16 * 64, outputs: classes },
    ]),
    comparedSteps: 20,
    images: { count: 128, shape: [32, 32, 3] },
    study: {
      model: {
        kind: 'convolutional',
        channels: [32, 64, 64],
        kernel: 3,
        stride: [1, 2, 1],
        pooling: 'none',
        activation: 'relu',
        biases: false,
      },
      optimiser: { kind: 'sgd', learningRate: 0.001, batch: 32 },
    },
  })
}

type Images = { readonly count: number; readonly shape: readonly number[] }

type Single = Omit<Problem, 'steps' | 'isSweep' | 'mostParts' | 'files' | 'studies'> & {
  readonly images?: Images // of classes, in files
  readonly study: Readonly<Record<string, unknown>>
}

function single({ images, study, ...facts }: Single): Problem {
  const ofImages = {
    data: { kind: 'idx', path: '.', train: { items: 'items', labels: 'labels' }, test: null },
    loss: { kind: 'cross-entropy' },
  }
  const source = ({ steps = countless, folder, metric = 'loss' }: StudyGiven): StudySource => ({
    text: JSON.stringify({
      kagami: 1,
      name: facts.name,
      ...(images === undefined ? {} : ofImages),
      ...study,
      training: { steps, record: { every: steps } },
      measure: [metric],
    }),
    ...(folder === undefined ? {} : { folder }),
  })
  return {
    ...facts,
    steps: countless,
    isSweep: false,
    mostParts: 1,
    files: () =>
      images === undefined
        ? {}
        : { items: idxBytes([images.count, ...images.shape], pixelsOf(images)), labels: idxBytes([images.count], labelsOf(images)) },
    studies: (_, given = {}) => [source(given)],
  }
}

/** Classes in turn: 0 … 9, 0 … */
function labelsOf({ count }: Images): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => i % classes)
}

/** Noise that is brighter at every tenth number, from the item's class on: to be learnt, and not at once. */
function pixelsOf({ count, shape }: Images): Uint8Array {
  const size = shape.reduce((product, n) => product * n, 1)
  const noise = drawUniform(rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 }), count * size)
  return Uint8Array.from(noise, (u, i) => Math.floor(200 * u) + ((i % size) % classes === Math.floor(i / size) % classes ? 55 : 0))
}

/** An array of bytes in the IDX format. */
function idxBytes(shape: readonly number[], values: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length)
  bytes.set([0, 0, 0x08, shape.length])
  for (const [i, n] of shape.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, n)
  bytes.set(values, 4 + 4 * shape.length)
  return bytes
}
