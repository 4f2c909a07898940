/**
 * Differentiable constraint by symmetry (DCS): θ = (I − OOᵀ)v + O(u ⊙ w). Decay κ on u and w is then 2κ‖Oᵀθ‖₁: gradient descent makes linear conditions
 * Oᵀθ = 0 true exactly, one by one. As a group gate, θ = (I − OOᵀ)v + a·Ow, it is 2κ‖Oᵀθ‖₂ and all conditions switch together.
 *
 * θ are the targets, flattened and joined in their order. Decay κ is the weight decay of the parameters `dcs:NAMES/u`, `/w`, `/gate`; v is free unless it has one.
 * Starts with the values of the model: s = Oᵀθ₀, u = √(|s| + ε), w = sign(s)√(|s| + ε), ε = 1e-4, with independent jitter (theory.md 11.1).
 * Source: theory.md section 4; Ziyin, arXiv 2309.16932.
 */
import { z } from 'zod'
import { add, matMul, mul, reshape, slice, sub, tensor, type Tensor } from '#core/engines/ops.ts'
import { transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import { split } from '#core/numerics/random/key.ts'
import type { ParameterShape } from '../models/model.ts'
import { constraintSchema, constraintMatrix } from './constraint.ts'
import { patternField } from './patternField.ts'
import { entryOf, sizeOf, type ReparametrisationKind } from './reparametrisation.ts'

const settings = z.strictObject({
  kind: z.literal('dcs'),
  parameters: patternField,
  constraint: constraintSchema,
  gate: z.enum(['elementwise', 'group']).default('elementwise').describe('every condition for itself, or all together'),
  jitter: z.number().min(0).default(0.01).describe('standard deviation of the noise on the initial u and w'),
})
type Dcs = z.infer<typeof settings>

const epsilon = 1e-4 // of the start; theory.md section 4

export const dcs: ReparametrisationKind<typeof settings> = {
  kind: 'dcs',
  title: { en: 'Constraint by symmetry (DCS)', ja: '対称性による微分可能制約(DCS)' },
  settings,
  shapeOf: ({ kind, parameters, constraint, gate }) => ({ kind, parameters, constraint, gate }),
  parameters: (s, targets) => {
    const { rows, columns } = constraintMatrix(s.constraint, targets)
    const name = blockName(targets)
    return [
      { name: `${name}/v`, shape: [rows] },
      s.gate === 'group' ? { name: `${name}/gate`, shape: [1] } : { name: `${name}/u`, shape: [columns] },
      { name: `${name}/w`, shape: [columns] },
    ]
  },
  constants: () => ({}),
  init: (s, { targets, model, key }) => {
    const o = constraintMatrix(s.constraint, targets)
    const theta = Float64Array.from(targets.flatMap(({ name }) => [...entryOf(model, name)]))
    const violation = transposeTimes(o, theta) // s = Oᵀθ₀
    const name = blockName(targets)
    const noisy = (part: string, values: Float64Array) => {
      const noise = drawNormal(split(key, `${name}/${part}`), values.length)
      return [`${name}/${part}`, values.map((value, i) => value + s.jitter * (noise[i] ?? Number.NaN))] as const
    }
    return Object.fromEntries([[`${name}/v`, theta] as const, ...gates(s, violation).map(([part, values]) => noisy(part, values))])
  },
  expand: (s, targets, { trained }) => {
    const name = blockName(targets)
    const o = constraintMatrix(s.constraint, targets)
    const v = entryOf(trained, `${name}/v`) // [R, d]
    const w = entryOf(trained, `${name}/w`) // [R, k]
    const inside = mul(entryOf(trained, s.gate === 'group' ? `${name}/gate` : `${name}/u`), w) // [R, k]; a gate is [R, 1]
    const basis = tensor(o.values, [o.rows, o.columns])
    const transposed = tensor(transposeOf(o), [o.columns, o.rows])
    const free = sub(v, matMul(matMul(v, basis), transposed)) // (I − OOᵀ)v
    return cut(add(free, matMul(inside, transposed)), targets)
  },
}

function blockName(targets: readonly ParameterShape[]): string {
  return `dcs:${targets.map(({ name }) => name).join('+')}`
}

/** The start of the two factors of s = Oᵀθ₀. */
function gates({ gate }: Dcs, s: Float64Array): readonly (readonly [string, Float64Array])[] {
  if (gate === 'group') {
    const size = Math.sqrt(norm(s) + epsilon) // a = √(‖s‖ + ε), w = s/a
    return [
      ['gate', Float64Array.of(size)],
      ['w', s.map((value) => value / size)],
    ]
  }
  const root = s.map((value) => Math.sqrt(Math.abs(value) + epsilon))
  return [
    ['u', root],
    ['w', root.map((value, i) => (Math.sign(s[i] ?? 0) || 1) * value)],
  ]
}

function transposeOf({ rows, columns, values }: Matrix): Float64Array {
  return Float64Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? Number.NaN)
}

/** [R, d] → the targets, [R, …shape] each */
function cut(theta: Tensor, targets: readonly ParameterShape[]): Readonly<Record<string, Tensor>> {
  const runs = theta.shape[0] ?? 0
  let place = 0
  return Object.fromEntries(
    targets.map((target) => {
      const part = slice(theta, [0, place], [runs, sizeOf(target)])
      place += sizeOf(target)
      return [target.name, reshape(part, [runs, ...target.shape])]
    }),
  )
}
