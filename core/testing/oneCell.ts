/** Runs of small studies for tests of what trains: specifications as the workbench sends them, and their stack trained to a step. */
import type { Json } from '#core/contract/values.ts'
import type { DataReader } from '#core/learning/data/data.ts'
import { fileReader } from '#core/learning/data/fileReader.ts'
import { studySchema } from '#core/study/schema.ts'
import { stopRulesOf } from '#core/study/stops.ts'
import type { Lane } from '#core/trainer/lanes.ts'
import { makeLanes } from '#core/trainer/lanes.ts'
import type { RunSpec } from '#core/trainer/protocol.ts'
import { captureTraining, startState, type TrainingProgram } from '#core/trainer/trainingProgram.ts'

export type Fields = Readonly<Record<string, unknown>>

/** One run; what `fields` leave out is a product of two factors on data of its own, at full batch. */
export function specOf(fields: Fields, { replicate = 1, cell = '0'.repeat(64), base = 1 } = {}): RunSpec {
  const study = studySchema.parse({
    kagami: 1,
    name: 'small',
    model: { kind: 'product-linear' },
    data: { kind: 'sparse-linear', samples: 12, features: 3, coefficients: [1, -2], noise: 0.1 },
    optimiser: { kind: 'sgd', learningRate: 0.05 },
    training: { steps: 100 },
    ...fields,
  })
  const json = JSON.parse(JSON.stringify(study)) as Json // what JSON.parse makes is JSON
  return { run: `small.${cell.slice(0, 12)}.${replicate}`, study: json, base, cell, replicate, stops: stopRulesOf(study.gates, []) }
}

/** Tables whose text is their path: `x,y/1,2/3,4` has two rows. */
export const inlineTables: DataReader = fileReader({
  bytes: (path) => new TextEncoder().encode(`${path.replaceAll('/', '\n')}\n`),
  nameOf: () => 'inline.csv',
})

/** Lanes of runs that differ in these fields. */
export function lanesOf(fields: readonly Fields[]): Lane[] {
  return makeLanes(
    fields.map((one, i) => specOf(one, { replicate: i + 1 })),
    inlineTables,
  )
}

/** The same lanes from other starts. */
export function startingAt(lanes: readonly Lane[], starts: readonly Readonly<Record<string, readonly number[]>>[]): Lane[] {
  return lanes.map((lane, r) => ({
    ...lane,
    start: Object.fromEntries(Object.entries(starts[r] ?? {}).map(([name, values]) => [name, Float64Array.from(values)])),
  }))
}

export type Trained = Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>

/** The state of a stack after some steps; nothing is left behind. */
export function train(lanes: readonly Lane[], steps: number, look: (program: TrainingProgram) => void = () => undefined): Trained {
  const start = startState(lanes)
  const program = captureTraining(lanes, start)
  try {
    for (let step = 0; step < steps; step += 1) program.advance(step)
    look(program)
    return Object.fromEntries(Object.keys(start).map((name) => [name, program.read(name)]))
  } finally {
    program.dispose()
  }
}

/** One part of a trained state. */
export function partOf(state: Trained, name: string): Float32Array | Int32Array | Uint8Array {
  const part = state[name]
  if (part === undefined) throw new Error(`bug: the state has no ${name}`)
  return part
}
