/**
 * The files of a stack: its checkpoint, from which training goes on to the same bytes, and its final parameters. Both are safetensors, so that any
 * program of the field can open them.
 *
 * A checkpoint holds parameters, optimiser state, the steps each run has survived, the gate that stopped it, and the step. Random numbers need no state: they are functions of the step.
 */
import { Refusal, assert } from '#core/contract/errors.ts'
import { sha256Hex } from '#core/formats/canonicalJson.ts'
import { readSafetensors, writeSafetensors, type NamedTensor } from '#core/formats/safetensors.ts'
import { lifeState, type StackState } from './trainingProgram.ts'

const kept = (name: string) => name !== 'alive' // derived from `survived` and `stoppedBy`

/** Names a stack by its runs, so that no checkpoint is taken for another's. */
export function stackName(runs: readonly string[]): string {
  return sha256Hex(runs.join('\n'))
}

export function writeCheckpoint(state: StackState, { step, stack }: { step: number; stack: string }): Uint8Array {
  const tensors = Object.entries(state).flatMap(([name, { shape, dtype, values }]): NamedTensor[] => {
    if (!kept(name)) return []
    if (values instanceof Int32Array) return [{ name, dtype: 'I32', shape, values }]
    assert(values instanceof Float32Array, `writeCheckpoint: ${name} is ${dtype}; only \`alive\` may be bool`)
    return [{ name, dtype: 'F32', shape, values }]
  })
  return writeSafetensors(tensors, { kagami: 'checkpoint 1', step: String(step), stack })
}

/** The state of a checkpoint, checked against the state that the stack starts with. Fails: 'store-failed' if it is damaged, or of another stack or shape. */
export function readCheckpoint(
  bytes: Uint8Array,
  { stack, start }: { stack: string; start: StackState },
): { state: StackState; step: number } {
  const { tensors, metadata } = readFile(bytes)
  const step = Number(metadata['step'])
  if (metadata['kagami'] !== 'checkpoint 1' || metadata['stack'] !== stack || !Number.isSafeInteger(step) || step < 0) {
    throw new Refusal('store-failed', `checkpoint: expected one of this stack, got ${JSON.stringify(metadata).slice(0, 120)}`)
  }
  const state: Record<string, StackState[string]> = {}
  for (const [name, { shape, dtype }] of Object.entries(start)) {
    if (!kept(name)) continue
    const found = tensors.get(name)
    if (found === undefined || String(found.shape) !== String(shape)) {
      throw new Refusal(
        'store-failed',
        `checkpoint: expected ${name} of shape [${shape.join(', ')}], got ${found === undefined ? 'nothing' : `[${found.shape.join(', ')}]`}`,
      )
    }
    const { values } = found
    if (!(values instanceof (dtype === 'int32' ? Int32Array : Float32Array))) {
      throw new Refusal('store-failed', `checkpoint: expected ${name} as ${dtype}, got ${found.dtype}`)
    }
    state[name] = { shape, dtype, values }
  }
  const counts = (name: string): Int32Array => {
    const values = state[name]?.values
    assert(values instanceof Int32Array, `readCheckpoint: ${name} is int32`)
    return values
  }
  const life = { survived: counts('survived'), finiteLoss: counts('finiteLoss'), stoppedBy: counts('stoppedBy') }
  return { state: { ...state, ...lifeState(life, step) }, step }
}

/** The program wrote the file itself: one that breaks the format was damaged since. */
function readFile(bytes: Uint8Array): ReturnType<typeof readSafetensors> {
  try {
    return readSafetensors(bytes)
  } catch (error) {
    throw error instanceof Refusal ? new Refusal('store-failed', `checkpoint: ${error.message}`) : error
  }
}

/** The final parameters of a stack, [R, …] each. */
export function writeParameters(state: StackState, metadata: Readonly<Record<string, string>>): Uint8Array {
  const tensors = Object.entries(state).flatMap(([name, { shape, values }]) =>
    name.startsWith('parameter/') && values instanceof Float32Array
      ? [{ name: name.slice('parameter/'.length), dtype: 'F32', shape, values } as const]
      : [],
  )
  return writeSafetensors(tensors, { kagami: 'parameters 1', ...metadata })
}

/**
 * A start with the final parameters of another stack in place of its own, `kick` added to each; the optimiser begins afresh.
 * Fails: 'store-failed' if the file is damaged, or of another shape.
 */
export function startFromParameters(start: StackState, bytes: Uint8Array, kick: number): StackState {
  const { tensors } = readFile(bytes)
  return Object.fromEntries(
    Object.entries(start).map(([name, part]) => {
      if (!name.startsWith('parameter/')) return [name, part]
      const found = tensors.get(name.slice('parameter/'.length))
      if (found === undefined || String(found.shape) !== String(part.shape))
        throw new Refusal(
          'store-failed',
          `parameters: expected ${name} of shape [${part.shape.join(', ')}], got ${found === undefined ? 'nothing' : `[${found.shape.join(', ')}]`}`,
        )
      const values = Float32Array.from(found.values as ArrayLike<number>) // parameters are written as float32
      return [name, { ...part, values: kick === 0 ? values : values.map((value) => value + kick) }] // −0 stays so without a kick
    }),
  )
}
