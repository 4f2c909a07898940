import { describe, expect, test } from 'vitest'
import { planStacks } from '#core/plan/plan.ts'
import { freezeStudy, readStudy } from '#core/study/study.ts'
import { sizeOf } from './sources.ts'

/** An IDX file of unsigned bytes. */
const idxFile = (shape: readonly number[], values: readonly number[]) =>
  Uint8Array.of(0, 0, 8, shape.length, ...shape.flatMap((n) => [0, 0, 0, n]), ...values)

/** Files of two items of this shape, one of each class. */
const filesOf = (shape: readonly number[]) => (path: string) => {
  const values = Array.from({ length: 2 * shape.reduce((product, n) => product * n, 1) }, (_, i) => (7 * i) % 256)
  return { name: path, bytes: path.includes('labels') ? idxFile([2], [0, 1]) : idxFile([2, ...shape], values) }
}
const studyOf = (model: string) =>
  freezeStudy(
    readStudy({
      text: `
kagami: 1
name: images
model: ${model}
data: { kind: idx, path: images, test: null }
loss: { kind: cross-entropy }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 10 }
`,
      name: 'study.yaml',
      overrides: [],
    }),
    () => 'a'.repeat(64),
  )
const plan = (model: string, shape: readonly number[]) => planStacks(studyOf(model), { size: sizeOf(filesOf(shape)), isWanted: () => true })

describe('images of an IDX file', () => {
  test('of 14 × 56 pixels are not read as 28 × 28', () => {
    expect(() => plan('{ kind: convolutional, channels: [2] }', [14, 56])).toThrow(
      'model.image: expected height, width and channels for items of 14 × 56, which are no square images of one channel or three, got nothing',
    )
    expect(plan('{ kind: convolutional, channels: [2], image: [14, 56, 1] }', [14, 56])).toMatchObject([
      { inputs: 784, outputs: 2, multiplications: 784 * 9 * 2 + 7 * 28 * 2 * 2 },
    ])
  })
  test('of 28 × 28 pixels need no words', () =>
    expect(plan('{ kind: convolutional, channels: [2] }', [28, 28])).toMatchObject([{ inputs: 784, rows: 2 }]))
})
