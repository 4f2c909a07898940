/** The factors u and w of a stack of products while they are trained: for tests of what is so in the mean over time. */
import type { Lane } from '../lanes.ts'
import { captureTraining, startState } from '../trainingProgram.ts'

type Look = (factors: { readonly u: ArrayLike<number>; readonly w: ArrayLike<number>; readonly step: number }) => void

/** Trains a stack, and looks at all of its factors after every `every` steps. */
export function followFactors(
  lanes: readonly Lane[],
  { steps, every }: { readonly steps: number; readonly every: number },
  look: Look,
): void {
  const program = captureTraining(lanes, startState(lanes))
  try {
    for (let step = 1; step <= steps; step += 1) {
      program.advance(step - 1)
      if (step % every === 0) look({ u: program.read('parameter/u'), w: program.read('parameter/w'), step })
    }
  } finally {
    program.dispose()
  }
}

/** The mean of uw over the runs and over the last half of the steps, seen at every 20th of them. */
export function meanProduct(lanes: readonly Lane[], steps: number): number {
  let [looks, total] = [0, 0]
  followFactors(lanes, { steps, every: 20 }, ({ u, w, step }) => {
    if (step <= steps / 2) return
    looks += lanes.length
    for (const r of lanes.keys()) total += (u[r] ?? Number.NaN) * (w[r] ?? Number.NaN)
  })
  return total / looks
}
