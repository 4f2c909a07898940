/**
 * Reductions of the axes before the runs, in parts that XLA computes in the loop that makes their numbers.
 *
 * XLA unrolls a short sum inside that loop. A sum of more than 32 it takes apart itself, with all summands written to memory between; a sum of sums it makes one again; and a
 * chain of additions it repeats for every reader. So a long sum is a short one, then additions, then a short one: 0.1 to 0.6 of the time for 60 to 1,000 summands.
 */
import { dataTypes } from './graph.ts'
import { type, type Layouts, type Shape } from './runsLastLayouts.ts'

const mostInPart = 16
const leastInPart = 8
const mostJoined = 4 // additions that may be repeated
const mostInAll = 8_192 // beyond, a program would have too many additions

type Part = { readonly of: string; readonly shape: Shape; readonly dtype: number }
type OfAxis = Part & { readonly axis: number }

/** The reduction `op` over `axes` of a tensor, of the shape `to`. */
export function reduced(layouts: Layouts, op: string, { axes, to, ...part }: Part & { readonly axes: Shape; readonly to: Shape }): string {
  const { of, shape, dtype } = part
  const [first, last] = [Math.min(...axes), Math.max(...axes)]
  const isOneBlock = last - first + 1 === axes.length && last < shape.length - 1
  if (!isOneBlock || joins[op] === undefined) return layouts.reshape(atOnce(layouts, op, { ...part, axes }), { shape: to, dtype })
  const size = axes.reduce((product, axis) => product * (shape[axis] ?? 0), 1)
  const block = [...shape.slice(0, first), size, ...shape.slice(last + 1)]
  const result = folded(layouts, op, { of: layouts.reshape(of, { shape: block, dtype }), shape: block, axis: first, dtype })
  return layouts.reshape(result, { shape: to, dtype })
}

/** The reduction over one axis that is not the last; the rest of the shape stays. */
export function folded(layouts: Layouts, op: string, { of, shape, axis, dtype }: OfAxis): string {
  const size = shape[axis] ?? 0
  const having = (...sizes: number[]) => [...shape.slice(0, axis), ...sizes, ...shape.slice(axis + 1)]
  if (size === 1) return layouts.reshape(of, { shape: having(), dtype })
  const plan = planOf(size)
  if (plan === null) return atOnce(layouts, op, { of, shape, axes: [axis], dtype })
  const { part, joined, rest } = plan
  const head = part * joined * rest
  const cut = (name: string, from: number, { count, outOf }: { count: number; outOf: number }) =>
    count === outOf ? name : sliced(layouts, { of: name, shape: having(outOf), axis, dtype, from, count })
  const join = (a: string, b: string, to: Shape) =>
    layouts.emit(joins[op] ?? 'AddV2', {
      inputs: [a, b],
      attributes: dtype === dataTypes.bool ? {} : { T: type(dtype) },
      shape: to,
      dtype,
    })
  const parts = having(joined * rest, part)
  const inParts = layouts.reshape(cut(of, 0, { count: head, outOf: size }), { shape: parts, dtype })
  const sums = atOnce(layouts, op, { of: inParts, shape: parts, axes: [axis + 1], dtype })
  const pieces = Array.from({ length: joined }, (_, i) => cut(sums, i * rest, { count: rest, outOf: joined * rest }))
  const together = pieces.reduce((so, piece) => join(so, piece, having(rest)))
  const ofHead = folded(layouts, op, { of: together, shape: having(rest), axis, dtype })
  if (head === size) return ofHead
  const tail = cut(of, head, { count: size - head, outOf: size })
  return join(ofHead, folded(layouts, op, { of: tail, shape: having(size - head), axis, dtype }), having())
}

/** What puts two parts of a reduction together. */
const joins: Readonly<Record<string, string>> = {
  Sum: 'AddV2',
  Prod: 'Mul',
  Max: 'Maximum',
  Min: 'Minimum',
  All: 'LogicalAnd',
  Any: 'LogicalOr',
}

type Plan = { readonly part: number; readonly joined: number; readonly rest: number }

/** size = part · joined · rest and a tail, as short as it can be; null where one reduction does. */
function planOf(size: number): Plan | null {
  if (size <= mostInPart || size > mostInAll) return null
  const plans: Plan[] = []
  for (let part = leastInPart; part <= mostInPart; part += 1) {
    for (let rest = 1; rest <= mostInPart; rest += 1) {
      const joined = Math.floor(size / (part * rest))
      if (joined > 1 && (rest > 1 || joined <= mostJoined)) plans.push({ part, joined, rest })
    }
  }
  const cost = ({ part, joined, rest }: Plan) => size - part * joined * rest + joined / 64
  return plans.length === 0 ? null : plans.reduce((best, plan) => (cost(plan) < cost(best) ? plan : best))
}

function sliced(
  layouts: Layouts,
  { of, shape, axis, dtype, from, count }: OfAxis & { readonly from: number; readonly count: number },
): string {
  const to = shape.map((size, at) => (at === axis ? count : size))
  return layouts.emit('Slice', {
    inputs: [of, layouts.ints(shape.map((_, at) => (at === axis ? from : 0))), layouts.ints(to)],
    attributes: { T: type(dtype), Index: type(dataTypes.int32) },
    shape: to,
    dtype,
  })
}

function atOnce(layouts: Layouts, op: string, { of, shape, dtype, axes }: Part & { readonly axes: Shape }): string {
  return layouts.emit(op, {
    inputs: [of, layouts.ints(axes)],
    attributes: {
      ...(dtype === dataTypes.bool ? {} : { T: type(dtype) }),
      Tidx: type(dataTypes.int32),
      keep_dims: { kind: 'bool', value: false },
    },
    shape: shape.filter((_, axis) => !axes.includes(axis)),
    dtype,
  })
}
