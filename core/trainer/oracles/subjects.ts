/** What the runs of a trained stack ended at, beside what the theory said of them: for tests of the closed forms through the ordinary trainer. */
import { assert } from '#core/contract/errors.ts'
import type { Lane } from '../lanes.ts'
import { laneParameters, vectorOf } from '../measure.ts'

/** The subjects of the models, and the theory's vectors, of one run after another; a run of which nothing is said adds nothing to `predicted`. */
export function subjectsOf(
  lanes: readonly Lane[],
  state: Readonly<Record<string, ArrayLike<number>>>,
): { readonly measured: readonly number[]; readonly predicted: readonly number[] } {
  const read = (name: string): ArrayLike<number> => {
    const part = state[name]
    assert(part !== undefined, `subjectsOf: the state has no ${name}`)
    return part
  }
  return {
    measured: lanes.flatMap((lane, row) => [...vectorOf(lane, laneParameters(lane, { read, row })).vector]),
    predicted: lanes.flatMap(({ prediction }) => [...(prediction?.vector ?? [])]),
  }
}
