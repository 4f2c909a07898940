/**
 * The training step of a whole stack as a tensor program, and the state that it carries from step to step.
 *
 * State, with R the runs: `parameter/NAME` and `optimiser/NAME` [R, …]; `alive` [R] bool; `survived` [R] int32, the steps that left everything finite;
 * `finiteLoss` [R] int32, the steps whose loss was finite while the run lived; `stoppedBy` [R] int32, 1 + the gate that stopped it, or 0. A run dies at the
 * first step whose loss or new parameters are not finite, or when a gate stops it; it keeps its last finite parameters.
 */
import { assert } from '#core/contract/errors.ts'
import { inScope, tensor } from '#core/engines/ops.ts'
import { captureProgram } from '#core/engines/program.ts'
import type { Program } from '#core/engines/stepProgram.ts'
import { optimiserOf } from '#core/study/kinds.ts'
import type { Lane } from './lanes.ts'
import { stepFeeds } from './stepFeeds.ts'
import { trainingStep } from './trainingStep.ts'

export type StackState = Readonly<
  Record<
    string,
    {
      readonly shape: readonly number[]
      readonly dtype: 'float32' | 'int32' | 'bool'
      readonly values: Float32Array | Int32Array | Uint8Array
    }
  >
>

/** The state before the first step. */
export function startState(lanes: readonly Lane[]): StackState {
  const [first] = lanes
  assert(first !== undefined, 'startState: a stack has at least one run')
  const R = lanes.length
  const optimiser = optimiserOf(first.study)
  const parameters = first.form.trained
  const state: Record<string, StackState[string]> = {}
  for (const { name, shape } of parameters) {
    const size = shape.reduce((product, n) => product * n, 1)
    const values = new Float32Array(R * size)
    for (const [r, { start }] of lanes.entries()) values.set(start[name] ?? [], r * size)
    state[`parameter/${name}`] = { shape: [R, ...shape], dtype: 'float32', values }
  }
  for (const { name, shape } of optimiser.kind.state(optimiser.settings, parameters)) {
    const full = [R, ...shape]
    state[`optimiser/${name}`] = { shape: full, dtype: 'float32', values: new Float32Array(full.reduce((product, n) => product * n, 1)) }
  }
  return { ...state, ...lifeState({ survived: new Int32Array(R), finiteLoss: new Int32Array(R), stoppedBy: new Int32Array(R) }, 0) }
}

export type Life = { readonly survived: Int32Array; readonly finiteLoss: Int32Array; readonly stoppedBy: Int32Array }

/** The part of the state that counts: a run lives at `step` if it has survived every step and no gate has stopped it. */
export function lifeState({ survived, finiteLoss, stoppedBy }: Life, step: number): StackState {
  const shape = [survived.length]
  return {
    alive: { shape, dtype: 'bool', values: Uint8Array.from(survived, (steps, r) => (steps === step && stoppedBy[r] === 0 ? 1 : 0)) },
    survived: { shape, dtype: 'int32', values: survived },
    finiteLoss: { shape, dtype: 'int32', values: finiteLoss },
    stoppedBy: { shape, dtype: 'int32', values: stoppedBy },
  }
}

export type TrainingProgram = {
  /** Some steps from `step` on, counted from 0. */
  advance(step: number, count?: number): void
  settle: Program['settle']
  read(name: string): Float32Array | Int32Array | Uint8Array
  readonly kernels: Program['kernels']
  readonly how: Program['how']
  readonly because: Program['because']
  readonly isReused: Program['isReused']
  dispose(): void
}

/** The program of the task that `step` falls into; the next task needs a capture of its own, from the state that this one has reached. */
export function captureTraining(lanes: readonly Lane[], state: StackState, step = 0): TrainingProgram {
  const feeds = stepFeeds(lanes)
  const program = inScope(() => {
    const tensors = Object.fromEntries(
      Object.entries(state).map(([name, { values, shape, dtype }]) => [name, tensor(values, [...shape], dtype)]),
    )
    const data = lanes.map((lane) => lane.tasks.findLast((task) => task.step <= step)?.data ?? lane.data)
    return captureProgram({ state: tensors, feeds: feeds.shapes, step: trainingStep({ lanes, data }) })
  })
  return {
    advance: (at, count = 1) => program.advance((i) => feeds.values(at + i), count),
    settle: (names) => program.settle(names),
    read: (name) => program.read(name),
    kernels: program.kernels,
    how: program.how,
    because: program.because,
    isReused: program.isReused,
    dispose: () => program.dispose(),
  }
}
