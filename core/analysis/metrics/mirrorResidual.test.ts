/** The columns of mirrors in networks: against the residuals of analysis/structure, which are written for plain matrices. */
import { describe, expect, test } from 'vitest'
import { settingsOf } from '#core/learning/kind.ts'
import { modelKinds } from '#core/learning/models/registry.ts'
import { transposed } from '#core/numerics/linalg/matrix.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { canonicalSigns } from '../structure/homogeneity.ts'
import { doubleRotationResidual, permutationResidual, rescalingResiduals, rotationResidual } from '../structure/residuals.ts'
import type { MetricContext } from './metric.ts'
import { mirrorResidual } from './mirrorResidual.ts'

expect.extend({ toBeAllclose })

const parse = settingsOf(modelKinds)
const key = rootKey({ base: 3, cell: '0'.repeat(64), replicate: 1 })
const draw = (name: string, count: number) => drawNormal(split(key, name), count)

/** Every column of a model at these parameters. */
function columnsAt(model: object, parameters: Readonly<Record<string, Float64Array>>): Readonly<Record<string, number>> {
  const families = familiesOf(parse.parse(model))
  const facts = { families: families.filter(({ hasMirrors }) => hasMirrors) } as unknown as MetricContext['facts'] // all that these columns ask
  const context = { facts, families, parameters } as unknown as MetricContext // likewise
  return Object.fromEntries(mirrorResidual.columns(facts).map(({ name, of }) => [name, of(context)]))
}
const close = { relative: 1e-12 }

describe('mirror residuals of models', () => {
  test('u⊙w: zero of a pair, and equal or opposite', () => {
    const [u, w] = [draw('u', 4), draw('w', 4)]
    const structure = rescalingResiduals(u, w)
    const columns = columnsAt({ kind: 'product-linear' }, { u, w })
    expect(columns['mirror-residual:rescaling']).toBeAllclose(Math.min(...structure.zero), close)
    expect(columns['mirror-residual:exchange']).toBeAllclose(structure.nearest, close)
  })
  test('UV, UUᵀ: the smallest singular value', () => {
    const [u, v] = [draw('u', 15), draw('v', 12)]
    const [a, b] = [
      { rows: 5, columns: 3, values: u },
      { rows: 3, columns: 4, values: v },
    ]
    expect(columnsAt({ kind: 'matrix-factorisation', width: 3 }, { u, v })).toEqual({ 'mirror-residual:rotation': expect.toBeAllclose(doubleRotationResidual(a, b), close) }) // prettier-ignore
    expect(columnsAt({ kind: 'matrix-factorisation', width: 3, form: 'positive-semidefinite' }, { u })).toEqual({ 'mirror-residual:rotation': expect.toBeAllclose(rotationResidual(a), close) }) // prettier-ignore
    expect(columnsAt({ kind: 'self-supervised', width: 5 }, { w: u })['mirror-residual:rotation']).toBeAllclose(
      rotationResidual(transposed(a)),
      close,
    )
  })
  test('tanh: the nearest pair is that of rows with canonical signs, where copies are near', () => {
    const width = 5
    const [incoming, bias, outgoing] = [draw('in', 3 * width), draw('bias', width), draw('out', 2 * width)]
    for (let i = 0; i < 3; i += 1) incoming[i * width + 3] = -(incoming[i * width] ?? 0) + 1e-4
    bias[3] = -(bias[0] ?? 0)
    for (let i = 0; i < 2; i += 1) outgoing[2 * 3 + i] = -(outgoing[i] ?? 0)
    const rows = { rows: width, columns: 6, values: Float64Array.from({ length: 6 * width }, (_, p) => {
      const [j, i] = [Math.floor(p / 6), p % 6]
      return (i < 3 ? incoming[i * width + j] : i === 3 ? bias[j] : outgoing[2 * j + i - 4]) ?? Number.NaN
    }) } // prettier-ignore
    const parameters = { 'layer1.weight': incoming, 'layer1.bias': bias, 'layer2.weight': outgoing, 'layer2.bias': draw('end', 2) }
    const columns = columnsAt({ kind: 'perceptron', widths: [width] }, parameters)
    const structure = permutationResidual(canonicalSigns(rows, [4, 5]))
    expect(structure.pair).toEqual([0, 3])
    expect(columns['mirror-residual:permutation-layer1']).toBeAllclose(structure.residual, close)
    expect(columns['mirrors-reached:permutation-layer1']).toBe(0.1) // one pair of ten
    // gelu hides no sign: the two are far apart
    expect(
      columnsAt({ kind: 'perceptron', widths: [width], activation: 'gelu' }, parameters)['mirror-residual:permutation-layer1'],
    ).toBeAllclose(permutationResidual(rows).residual, close)
  })
  test('one neuron alone has no pair: NaN', () => {
    const parameters = { 'layer1.weight': draw('w', 2), 'layer2.weight': draw('u', 1) }
    const columns = columnsAt({ kind: 'perceptron', widths: [1], biases: false }, parameters)
    expect(columns['mirror-residual:permutation-layer1']).toBeNaN()
    expect(columns['mirrors-reached:permutation-layer1']).toBeNaN()
    expect(columns['mirror-residual:sign-flip-layer1']).toBe(1)
  })
  test('relu: what has no mirror has no column', () => {
    const parameters = { 'layer1.weight': draw('w', 4), 'layer2.weight': draw('u', 2) }
    expect(Object.keys(columnsAt({ kind: 'perceptron', widths: [2], activation: 'relu', biases: false }, parameters))).toEqual(['mirror-residual:permutation-layer1', 'mirrors-reached:permutation-layer1']) // prettier-ignore
  })
})
