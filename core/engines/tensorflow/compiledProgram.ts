/**
 * A training step as one TensorFlow program that makes many steps a call: traced once, looped inside, compiled by XLA where that is faster.
 *
 * State and data stay with TensorFlow between the calls. The programs of a process are kept by the hash of their bytes: a step that is captured again, over other data of
 * the same shape or after a run has ended, is not compiled again.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assert } from '#core/contract/errors.ts'
import { inScope, tensor, type Tensor, type Tensors } from '../ops.ts'
import type { Feed, FeedValues } from '../recording.ts'
import { named } from '../replayKernels.ts'
import type { Program, ProgramSource } from '../stepProgram.ts'
import type { Binding, NodeBackend, Values } from './binding.ts'
import { dataTypes, type DataType } from './graph.ts'
import { feedName, loopOf, type Loop, type LoopPart } from './loop.ts'
import { runsLast } from './runsLast.ts'
import { traceStep, type Constant } from './trace.ts'

const mostRowBytes = 8 * 2 ** 20 // of all feeds of a call
const mostRows = 1_000

/**
 * What XLA computes 30 to 90 times slower on a processor than TensorFlow's own kernels. A program with such an operation stays a graph, any other is compiled: a choice by
 * the clock would let the moment decide over the last bits, and a run that goes on must end with the same ones.
 */
const slowCompiled = /^(Depthwise)?Conv2[dD]|Pool/

/** Fails: 'engine-unavailable' for a step that cannot be traced; the sentence says why. */
export function compileProgram(backend: NodeBackend, source: ProgramSource): Program {
  const { binding } = backend
  const rows = rowsOf(source.feeds)
  const { loop, constants, parts, kernels } = inScope(() => traced(backend, source, rows))
  const { model, isReused } = loadOnce(binding, loop)
  const fixed = loop.fixed.map((name) => created(binding, constantAt(constants, name)))
  let state = parts.map(({ shape, type }, i) => created(binding, { shape, dtype: type, values: valuesOf(stateOf(source)[i]?.[1]) }))
  const buffers = Object.entries(source.feeds).map(([name, feed]) => bufferOf(name, { feed, rows }))
  const [inputs, outputs] = [loop.inputs.join(','), loop.outputs.join(',')]
  const release = (ids: readonly number[]) => ids.forEach((id) => binding.deleteTensor(id))

  function call(count: number, feedsAt: (i: number) => FeedValues): void {
    for (let i = 0; i < count; i += 1) {
      const row = feedsAt(i)
      for (const { name, values, size } of buffers) values.set(row[name] ?? [], i * size)
    }
    const steps = created(binding, { shape: [], dtype: dataTypes.int32, values: Int32Array.of(count) })
    const given = buffers.map(({ shape, type, values }) => created(binding, { shape, dtype: type, values }))
    const next = binding.runSavedModel(model, [steps, ...state, ...fixed, ...given], inputs, outputs)
    release([steps, ...given, ...state])
    state = next.map(({ id }) => id)
  }

  if (!isReused) call(0, () => ({})) // XLA compiles at the first call, of no steps too

  return {
    advance: (feedsAt, count = 1) => {
      for (let done = 0; done < count; done += rows) call(Math.min(rows, count - done), (i) => feedsAt(done + i))
    },
    settle: () => Promise.resolve(),
    read: (name) => {
      const id = state[Object.keys(source.state).indexOf(name)]
      assert(id !== undefined, `program: no state is named ${name}`)
      return binding.tensorDataSync(id)
    },
    kernels,
    how: loop.isCompiled ? 'xla' : 'graph',
    because: null,
    isReused,
    dispose: () => release([...state, ...fixed]),
  }
}

function stateOf({ state }: ProgramSource): readonly (readonly [string, Tensor])[] {
  return Object.entries(state)
}

/** The step traced over copies of the state and rows of zeros, and the loop over it. */
function traced(backend: NodeBackend, source: ProgramSource, rows: number) {
  const { feeds, step } = source
  const own = stateOf(source).map(([name, one]) => [name, tensor(valuesOf(one), [...one.shape], typeNameOf(one))] as const)
  const placed = Object.entries(feeds).map(([name, feed]) => [name, placeholder(feed)] as const)
  const idOf = (one: Tensor) => backend.getInputTensorIds([one])[0] ?? -1
  const changing = new Map([
    ...own.map(([, one], i): [number, string] => [idOf(one), `s${i}`]),
    ...placed.map(([, one], i): [number, string] => [idOf(one), feedName(`f${i}`)]),
  ])
  const { nodes, constants, nameOf, result } = traceStep(backend, changing, () => {
    const next: Tensors = step(Object.fromEntries(own), Object.fromEntries(placed))
    return own.map(([name]) => named(next, name))
  })
  const parts = own.map(([, one], i): LoopPart => ({ name: `s${i}`, type: dataTypes[typeNameOf(one)], shape: one.shape }))
  const next = result.map((one) => nameOf(idOf(one)))
  const rowParts = Object.values(feeds).map(({ dtype, shape }, i) => ({
    name: `f${i}`,
    row: feedName(`f${i}`),
    type: dataTypes[dtype],
    shape,
  }))
  const isCompiled = !nodes.some(({ op }) => slowCompiled.test(op))
  const turned = isCompiled ? runsLast({ state: parts, next, feeds: rowParts, nodes, constants }) : null
  const loop = loopOf({
    state: parts,
    feeds: Object.values(feeds).map(({ dtype, shape }, i): LoopPart => ({
      name: `f${i}`,
      type: dataTypes[dtype],
      shape: [rows, ...shape],
    })),
    ...(turned ?? { next, nodes, constants }),
    isCompiled,
    isRunsLast: turned !== null,
  })
  const ran = turned?.nodes ?? nodes
  return {
    loop,
    constants: turned?.constants ?? constants,
    parts,
    kernels: ran.map(({ op }) => ({ name: op, attributes: undefined, shapes: [] })),
  }
}

/** How many steps' feeds one call may bring. */
function rowsOf(feeds: ProgramSource['feeds']): number {
  const bytes = Object.values(feeds).reduce((sum, { shape }) => sum + 4 * sizeOf(shape), 0)
  return Math.max(1, Math.min(mostRows, Math.floor(mostRowBytes / Math.max(1, bytes))))
}

type RowBuffer = {
  readonly name: string
  readonly size: number
  readonly shape: readonly number[]
  readonly type: number
  readonly values: Values
}

/** Where the rows of a feed are put together; TensorFlow copies it at every call. */
function bufferOf(name: string, { feed: { shape, dtype }, rows }: { feed: Feed; rows: number }): RowBuffer {
  const size = sizeOf(shape)
  return { name, size, shape: [rows, ...shape], type: dataTypes[dtype], values: zeros(dtype, rows * size) }
}

function placeholder({ shape, dtype }: Feed): Tensor {
  return tensor(zeros(dtype, sizeOf(shape)), [...shape], dtype)
}

function zeros(dtype: Feed['dtype'], size: number): Int32Array | Float32Array {
  return dtype === 'int32' ? new Int32Array(size) : new Float32Array(size)
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1)
}

function typeNameOf({ dtype }: Tensor): DataType {
  assert(dtype === 'float32' || dtype === 'int32' || dtype === 'bool', `compileProgram: a state is of numbers, got ${dtype}`)
  return dtype
}

function valuesOf(one: Tensor | undefined): Values {
  const values = one?.dataSync()
  assert(
    values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array,
    'compileProgram: a state is of numbers',
  )
  return values
}

function constantAt(constants: ReadonlyMap<string, Constant>, name: string): Constant {
  const found = constants.get(name)
  assert(found !== undefined, 'compileProgram: a fixed input is a constant')
  return found
}

function created(binding: Binding, { shape, dtype, values }: Constant): number {
  return binding.createTensor([...shape], dtype, values)
}

const loaded = new Map<string, number>()

function loadOnce(binding: Binding, { bytes }: Loop): { readonly model: number; readonly isReused: boolean } {
  const hash = createHash('sha256').update(bytes).digest('hex')
  const known = loaded.get(hash)
  if (known !== undefined) return { model: known, isReused: true }
  const folder = mkdtempSync(join(tmpdir(), 'kagami-program-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), bytes)
    const model = binding.loadSavedModel(folder, 'serve')
    loaded.set(hash, model)
    return { model, isReused: false }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
