/**
 * A linear map factorised through an inner width: f(x) = xUV, or with one factor f(x) = xUUᵀ.
 *
 * It has a rotation symmetry: (U, V) → (UQ, QᵀV) for every orthogonal Q. Weight decay on the factors is then 2γ‖UV‖_*, which lowers the rank
 * (Srebro 2004). The positive semidefinite form has U → UQ.
 * Source: theory.md 8.4, 8.5, E2–E4.
 */
import { z } from 'zod'
import { Refusal } from '#core/contract/errors.ts'
import { matMul, transpose, type Tensor, type Tensors } from '#core/engines/ops.ts'
import type { ModelKind, ParameterShape, Size } from './model.ts'
import { normalValues } from './normalInit.ts'
import { parameter } from './parameter.ts'
import { stackedProduct } from './stackedProduct.ts'

const settings = z.strictObject({
  kind: z.literal('matrix-factorisation'),
  width: z.int().min(1).max(10_000).describe('inner width r: columns of U, rows of V'),
  form: z.enum(['plain', 'positive-semidefinite']).default('plain').describe('UV, or UUᵀ where inputs and outputs are equally many'),
  init: z
    .strictObject({
      std: z.number().min(0).default(0.5).describe('standard deviation of the normal initial values of every factor'),
      around: z.enum(['zero', 'identity']).default('zero').describe('what the initial values are added to'),
    })
    .prefault({}),
})
export type MatrixFactorisation = z.infer<typeof settings>

export const matrixFactorisation: ModelKind<typeof settings> = {
  kind: 'matrix-factorisation',
  title: { en: 'Matrix factorisation', ja: '行列分解' },
  settings,
  shapeOf: ({ kind, width, form }) => ({ kind, width, form }),
  parameters: factors,
  init: (s, size, key) => {
    const shapes = factors(s, size)
    const values = normalValues(shapes, s.init.std, key)
    if (s.init.around === 'zero') return values
    const around = ({ name, shape: [, columns = 0] }: ParameterShape) =>
      values[name]?.map((value, i) => (Math.floor(i / columns) === i % columns ? 1 : 0) + value) ?? new Float64Array()
    return Object.fromEntries(shapes.map((shape) => [shape.name, around(shape)]))
  },
  apply: ({ form }, parameters, x) => {
    const inner = stackedProduct(x, parameter(parameters, 'u')) // [R, n, r]
    return matMul(inner, form === 'plain' ? parameter(parameters, 'v') : swapLast(parameter(parameters, 'u')))
  },
  weightNames: () => ['product'],
  weights: (s, parameters) => ({ product: product(s, parameters) }),
  neurons: ({ form }) => (form === 'plain' ? [{ name: 'inner', incoming: 'u', bias: null, outgoing: 'v', activation: 'linear' }] : []),
  hidden: (_, parameters, x) => ({ inner: stackedProduct(x, parameter(parameters, 'u')) }),
  subject: () => ({ kind: 'singular-values', weight: 'product', title: { en: 'Singular values', ja: '特異値' } }),
  factors: ({ form }) => (form === 'plain' ? ['u', 'v'] : null),
  formula: ({ form }) => (form === 'plain' ? 'x\\,UV' : 'x\\,UU^\\top'),
}

function factors({ width, form }: MatrixFactorisation, { inputs, outputs }: Size): readonly ParameterShape[] {
  if (form === 'plain')
    return [
      { name: 'u', shape: [inputs, width] },
      { name: 'v', shape: [width, outputs] },
    ]
  if (inputs !== outputs)
    throw new Refusal(
      'invalid-input',
      `model.form: expected as many outputs as inputs for positive-semidefinite, got ${outputs} outputs of ${inputs} inputs`,
    )
  return [{ name: 'u', shape: [inputs, width] }]
}

/** UV or UUᵀ, [R, inputs, outputs] */
function product({ form }: MatrixFactorisation, parameters: Tensors): Tensor {
  const u = parameter(parameters, 'u')
  return matMul(u, form === 'plain' ? parameter(parameters, 'v') : swapLast(u))
}

/** [R, m, n] → [R, n, m] */
function swapLast(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1])
}
