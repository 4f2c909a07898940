/**
 * A traced step with the runs of its stack as the last axis of every tensor, where they are the first.
 *
 * XLA's processor code computes a run's small products one number at a time. With the runs side by side in memory the same products are multiplications and sums that go
 * through a vector of runs at once: 20 against 40 µs a step of 80 runs of u⊙w on 60 × 12. Only the whole step can be laid out so: a transposition costs what a product does.
 *
 * Each operation is replaced by one that gives the same tensor in the other layout; nothing is assumed of what an axis means. A sum of many numbers is taken in parts.
 */
import { Refusal } from '#core/contract/errors.ts'
import type { LoopPart } from './loop.ts'
import { Layouts } from './runsLastLayouts.ts'
import { rewrite } from './runsLastRules.ts'
import type { Constant, TracedNode } from './trace.ts'

const fewestRuns = 4 // a vector of the processor's

export type Step = {
  readonly state: readonly LoopPart[]
  readonly next: readonly string[] // where the step leaves each part of the state
  readonly feeds: readonly (LoopPart & { readonly row: string })[] // what the step reads, of a row's shape
  readonly nodes: readonly TracedNode[]
  readonly constants: ReadonlyMap<string, Constant>
}

/**
 * The step over a state whose parts of two axes or more are transposed, [R, a, …, z] → [a, …, z, R].
 *
 * @returns  null where some operation has no such form, or where it would not be faster. That is told from sizes, never from a clock: it decides over the last bits of a run
 * Accuracy: a sum is put together in another order, n·2⁻²⁴ of the sum of its absolute values for n summands; all else is the same arithmetic.
 */
export function runsLast(step: Step): Pick<Step, 'next' | 'nodes' | 'constants'> | null {
  const runs = runsOf(step)
  if (runs === null || runs < fewestRuns) return null
  const layouts = new Layouts(runs, step.constants)
  for (const { name, type, shape } of step.state) layouts.add(name, { shape, dtype: type }, { layout: shape.length > 1 ? 'last' : 'first' })
  for (const { row, type, shape } of step.feeds) layouts.add(row, { shape, dtype: type }, { layout: 'first' })
  try {
    for (const node of needed(step)) rewrite(layouts, node)
    const next = step.next.map((name, i) => ((step.state[i]?.shape.length ?? 0) > 1 ? layouts.last(name) : layouts.first(name)))
    return { next, nodes: layouts.nodes, constants: layouts.constants }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'engine-unavailable') return null // an operation without such a form
    throw error
  }
}

/** The runs: the first axis of all parts of the state; null where they have no common one. */
function runsOf({ state }: Step): number | null {
  const [runs, ...others] = new Set(state.flatMap(({ shape }) => shape.slice(0, 1)))
  return runs === undefined || others.length > 0 ? null : runs
}

/** Without the gradients that nothing reads. */
function needed({ nodes, next }: Step): readonly TracedNode[] {
  const wanted = new Set(next)
  const kept = nodes.toReversed().filter(({ outputs, inputs }) => {
    if (!outputs.some(({ name }) => wanted.has(name))) return false
    for (const name of inputs) wanted.add(name)
    return true
  })
  return kept.toReversed()
}
