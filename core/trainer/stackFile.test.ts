import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { readSafetensors, writeSafetensors, type NamedTensor } from '#core/formats/safetensors.ts'
import { readCheckpoint, stackName, startFromParameters, writeCheckpoint, writeParameters } from './stackFile.ts'
import { lifeState, type StackState } from './trainingProgram.ts'

const stack = stackName(['s.a.1', 's.a.2'])
const stateOf = (u: readonly number[], survived: readonly number[], step: number): StackState => ({
  'parameter/u': { shape: [2, 3], dtype: 'float32', values: Float32Array.from(u) },
  'optimiser/u': { shape: [2, 3], dtype: 'float32', values: Float32Array.from(u, (value) => -value) },
  ...lifeState(
    {
      survived: Int32Array.from(survived),
      finiteLoss: Int32Array.from(survived, (steps) => steps + (steps === step ? 0 : 1)),
      stoppedBy: new Int32Array(2),
    },
    step,
  ),
})
const start = stateOf([0, 0, 0, 0, 0, 0], [0, 0], 0)
const state = stateOf([1, -0, 1e-45, 3.4e38, 5, 6], [100, 7], 100) // the second run diverged at step 8
const bytes = writeCheckpoint(state, { step: 100, stack })

function refusalOf(action: () => unknown): Refusal {
  try {
    action()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('expected a refusal')
}

describe('a checkpoint', () => {
  test('read again is the same state, and written again the same bytes', () => {
    const read = readCheckpoint(bytes, { stack, start })
    expect(read).toEqual({ state, step: 100 })
    expect(Object.is(read.state['parameter/u']?.values[1], -0)).toBe(true)
    expect(writeCheckpoint(read.state, { step: 100, stack })).toEqual(bytes)
  })
  test('brings every float32 back, NaN and ±∞ too', () => {
    const value = fc.float({ noDefaultInfinity: false })
    fc.assert(
      fc.property(fc.array(value, { minLength: 6, maxLength: 6 }), fc.nat(1e6), (u, step) => {
        const one = stateOf(u, [step, step], step)
        expect(readCheckpoint(writeCheckpoint(one, { step, stack }), { stack, start })).toEqual({ state: one, step })
      }),
      { numRuns: 50 },
    )
  })
  test('does not store which runs live: they are those that survived every step', () => {
    expect([...readSafetensors(bytes).tensors.keys()].toSorted()).toEqual([
      'finiteLoss',
      'optimiser/u',
      'parameter/u',
      'stoppedBy',
      'survived',
    ])
    expect([...(readCheckpoint(bytes, { stack, start }).state['alive']?.values ?? [])]).toEqual([1, 0])
  })
  test('is a safetensors file with its step and stack', () => {
    expect(readSafetensors(bytes).metadata).toEqual({ kagami: 'checkpoint 1', step: '100', stack })
  })

  const tensors = (): NamedTensor[] =>
    [...readSafetensors(bytes).tensors].map(([name, tensor]) => {
      if (tensor.dtype !== 'F32' && tensor.dtype !== 'I32') throw new Error(`a checkpoint has no ${tensor.dtype}`)
      return { name, ...tensor }
    })
  const metadata = { kagami: 'checkpoint 1', step: '100', stack }
  test.each([
    ['of another stack', writeCheckpoint(state, { step: 100, stack: stackName(['s.a.1']) }), 'checkpoint: expected one of this stack'],
    ['of another kind', writeParameters(state, { step: '100', stack }), 'checkpoint: expected one of this stack'],
    ['without a step', writeSafetensors(tensors(), { ...metadata, step: 'soon' }), 'checkpoint: expected one of this stack'],
    ['before the first step', writeSafetensors(tensors(), { ...metadata, step: '-1' }), 'checkpoint: expected one of this stack'],
    [
      'without a part',
      writeSafetensors(
        tensors().filter(({ name }) => name !== 'optimiser/u'),
        metadata,
      ),
      'checkpoint: expected optimiser/u of shape [2, 3], got nothing',
    ],
    [
      'of another type',
      writeSafetensors(
        tensors().map((one) =>
          one.name === 'survived' ? { name: 'survived', dtype: 'F32', shape: [2], values: Float32Array.of(100, 7) } : one,
        ),
        metadata,
      ),
      'checkpoint: expected survived as int32, got F32',
    ],
    ['cut off', bytes.subarray(0, bytes.length - 1), 'checkpoint: safetensors: expected'],
    ['cut off in its header', bytes.subarray(0, 20), 'checkpoint: safetensors: header length'],
    ['empty', new Uint8Array(), 'checkpoint: safetensors: expected at least 8 bytes'],
  ])('%s is refused as damaged', (_, file, sentence) => {
    const refusal = refusalOf(() => readCheckpoint(file, { stack, start }))
    expect(refusal.code).toBe('store-failed')
    expect(refusal.message).toContain(sentence)
  })
  test('of another shape is refused as damaged', () => {
    const other: StackState = { ...start, 'parameter/u': { shape: [2, 4], dtype: 'float32', values: new Float32Array(8) } }
    const refusal = refusalOf(() => readCheckpoint(bytes, { stack, start: other }))
    expect([refusal.code, refusal.message]).toEqual(['store-failed', 'checkpoint: expected parameter/u of shape [2, 4], got [2, 3]'])
  })
  test('any cut and any flipped header byte is refused or read, never a bug', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => {
        const damaged = bytes.slice()
        damaged[place] = (damaged[place] ?? 0) ^ flip
        for (const file of [bytes.subarray(0, place), damaged]) {
          try {
            readCheckpoint(file, { stack, start })
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal)
          }
        }
      }),
    )
  })
})

describe('final parameters', () => {
  test('are the parameters by their own names, with what is said of them', () => {
    const { tensors, metadata } = readSafetensors(writeParameters(state, { step: '100' }))
    expect([...tensors]).toEqual([['u', { dtype: 'F32', shape: [2, 3], values: state['parameter/u']?.values }]])
    expect(metadata).toEqual({ kagami: 'parameters 1', step: '100' })
  })
})

describe('stackName', () => {
  test('names the runs in their order', () => {
    expect(stackName(['a', 'b'])).toBe(stackName(['a', 'b']))
    expect(new Set([stackName(['a', 'b']), stackName(['b', 'a']), stackName(['a']), stackName([])]).size).toBe(4)
  })
})

describe('lifeState', () => {
  test('a run lives if it has survived every step and no gate has stopped it', () => {
    const life = { survived: Int32Array.of(5, 4, 0, 5), finiteLoss: Int32Array.of(5, 5, 1, 5), stoppedBy: Int32Array.of(0, 0, 0, 2) }
    expect([...(lifeState(life, 5)['alive']?.values ?? [])]).toEqual([1, 0, 0, 0])
  })
})

describe('a start from final parameters', () => {
  const parameters = writeParameters(state, { step: '100', stack })
  test('has them in place of its own, and everything else afresh', () => {
    const made = startFromParameters(start, parameters, 0)
    expect(made).toEqual({ ...start, 'parameter/u': state['parameter/u'] })
    expect([...(made['alive']?.values ?? [])]).toEqual([1, 1])
  })
  test('adds the kick to each, in float32', () => {
    expect([...(startFromParameters(start, parameters, 0.1)['parameter/u']?.values ?? [])]).toEqual(
      [1.1, 0.1, 0.1, 3.4e38, 5.1, 6.1].map(Math.fround),
    )
  })
  test('of another shape, or cut off, is refused as damaged', () => {
    const other: StackState = { ...start, 'parameter/u': { shape: [2, 4], dtype: 'float32', values: new Float32Array(8) } }
    const refusal = refusalOf(() => startFromParameters(other, parameters, 0))
    expect([refusal.code, refusal.message]).toEqual(['store-failed', 'parameters: expected parameter/u of shape [2, 4], got [2, 3]'])
    const more: StackState = { ...start, 'parameter/w': { shape: [2, 3], dtype: 'float32', values: new Float32Array(6) } }
    expect(refusalOf(() => startFromParameters(more, parameters, 0)).message).toContain('parameter/w of shape [2, 3], got nothing')
    expect(refusalOf(() => startFromParameters(start, parameters.subarray(0, 40), 0)).code).toBe('store-failed')
  })
})
