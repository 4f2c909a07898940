import { execFileSync } from 'node:child_process'
import { engine } from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { engineProof } from '#core/contract/engines.ts'
import { lanesOf, startingAt, type Fields, type Trained } from '#core/testing/oneCell.ts'
import { toBeAllclose } from '#core/testing/toBeAllclose.ts'
import { webgpuMissing } from '#core/testing/webgpu.ts'
import type { Lane } from '#core/trainer/lanes.ts'
import { captureTraining, startState } from '#core/trainer/trainingProgram.ts'
import {
  add,
  cast,
  div,
  exp,
  isFinite,
  log,
  logicalAnd,
  matMul,
  maximum,
  memory,
  mul,
  relu,
  sqrt,
  sum,
  tanh,
  tensor,
  tidy,
} from '../ops.ts'
import { proveEngine } from '../prove.ts'
import { startEngine } from '../registry.ts'
import { DeferredBackend } from './backend.ts'
import { isSoftware, noAdapter, openDevice, wordsOf } from './dawn.ts'
import type { Tensor } from '../ops.ts'

expect.extend({ toBeAllclose })

const missing = await webgpuMissing()
const skipped = missing === null ? '' : ` (skipped: ${missing}; \`apt install chromium libvulkan1\` brings a software Vulkan)`
const isMissing = missing !== null

/** The state after some steps, waited for as the trainer does. */
async function trained(lanes: readonly Lane[], steps: number): Promise<Trained> {
  const start = startState(lanes)
  const program = captureTraining(lanes, start)
  try {
    for (let step = 0; step < steps; step += 10) {
      program.advance(step, Math.min(10, steps - step))
      await program.settle([])
    }
    const names = Object.keys(start)
    await program.settle(names)
    return Object.fromEntries(names.map((name) => [name, program.read(name)]))
  } finally {
    program.dispose()
  }
}

describe('an adapter in words', () => {
  const card = {
    description: 'NVIDIA H100 (driver 570)',
    device: 'h100',
    architecture: 'hopper',
    vendor: 'nvidia',
    isFallbackAdapter: false,
  }

  test('is named as its driver names it; without a description by what else is there', () => {
    expect(wordsOf(card)).toBe('NVIDIA H100 (driver 570)')
    expect(wordsOf({ ...card, description: '' })).toBe('h100')
    expect(wordsOf({ description: '', device: '', architecture: '', vendor: '', isFallbackAdapter: false })).toBe(
      'an adapter without a name',
    )
  })

  test('that is a program says so, marked or not', () => {
    expect(wordsOf({ ...card, description: 'llvmpipe (LLVM 15.0.6, 256 bits)' })).toBe('llvmpipe (LLVM 15.0.6, 256 bits), software')
    expect(wordsOf({ ...card, isFallbackAdapter: true })).toBe('NVIDIA H100 (driver 570), software')
    expect(isSoftware({ ...card, description: 'Microsoft Basic Render Driver' })).toBe(true)
    expect(isSoftware(card)).toBe(false)
  })
})

/** A driver that is none: the loader of Vulkan finds nothing to load. */
function withoutDriver(script: string): string {
  const env = { ...process.env, VK_ICD_FILENAMES: '/dev/null', VK_DRIVER_FILES: '/dev/null' }
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

// A Mac and Windows have an adapter whatever the variables of Vulkan's loader say.
describe.skipIf(process.platform !== 'linux')('without an adapter (skipped but on Linux)', () => {
  test('the engine is refused in one sentence, and the globals are what they were', () => {
    const at = new URL('dawn.ts', import.meta.url).href
    const said = withoutDriver(`
      const { openDevice } = await import(${JSON.stringify(at)})
      try { await openDevice() } catch ({ code, message }) { console.log(JSON.stringify([code, message, 'gpu' in navigator, 'GPUBuffer' in globalThis])) }`)
    expect(JSON.parse(said)).toEqual(['engine-unavailable', noAdapter, false, false])
  })
})

describe.skipIf(isMissing)(`numbers at the edges on webgpu${skipped}`, () => {
  beforeAll(async () => void (await startEngine('webgpu')))
  let before = 0
  beforeEach(() => void (before = memory().numTensors))
  afterEach(() => expect(memory().numTensors).toBe(before))

  const edges = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -1, 3e38, -3e38, 1e-30]
  async function at(of: (x: Tensor) => Tensor, values: readonly number[] = edges): Promise<number[]> {
    const result = tidy(() => of(tensor(Float32Array.from(values), [values.length])))
    const numbers = Array.from(await result.data(), Number)
    result.dispose()
    return numbers
  }

  test('isFinite tells what is a number, and its answer counts as 1 and 0', async () => {
    const expected = edges.map((x) => Number(Number.isFinite(x)))
    expect(await at(isFinite)).toEqual(expected)
    expect(await at((x) => mul(cast(isFinite(x), 'float32'), 2))).toEqual(expected.map((x) => 2 * x))
    expect(await at((x) => logicalAnd(isFinite(x), isFinite(add(x, x))))).toEqual(
      edges.map((x) => Number(Number.isFinite(Math.fround(2 * x)))),
    )
  })

  test('NaN and ∞ pass through what a step is made of', async () => {
    const single = (of: (x: number) => number) => edges.map((x) => Math.fround(of(Math.fround(x))))
    expect(await at((x) => mul(x, 2))).toEqual(single((x) => 2 * x))
    expect(await at((x) => div(x, x))).toEqual(single((x) => x / x))
    expect((await at(sqrt)).map(Number.isFinite)).toEqual(single(Math.sqrt).map(Number.isFinite))
    expect((await at((x) => maximum(x, 0))).map(Math.abs)).toEqual(single((x) => Math.max(x, 0)))
    expect((await at(relu)).map(Math.abs)).toEqual(single((x) => Math.max(x, 0)))
    expect(await at((x) => sum(x))).toEqual([Number.NaN])
    expect(
      await at((x) => matMul(tensor(new Float32Array(edges.length), [1, edges.length]), x.reshape([edges.length, 1])).reshape([1])),
    ).toEqual([Number.NaN])
  })

  test.each([
    ['exp', exp, Math.exp],
    ['log', log, Math.log],
    ['tanh', tanh, Math.tanh],
  ] as const)('%s has its limits there', async (_, of, expected) => {
    const values = edges.map((x) => Math.fround(expected(Math.fround(x))))
    const got = await at(of)
    for (const [i, x] of edges.entries()) {
      // WGSL allows (3 + 2|x|) units of 2⁻²⁴ for exp, 3 units for log: |x| = 1 here, or 69 in the argument of log
      if (Math.abs(values[i] ?? 0) > 0 && Number.isFinite(values[i])) expect([got[i]]).toBeAllclose([values[i] ?? 0], { relative: 1e-6 })
      else expect([x, got[i] === 0 ? 0 : got[i]]).toEqual([x, values[i] === 0 ? 0 : values[i]])
    }
  })

  test('tanh keeps the digits of a small argument', async () => {
    const values = [1e-30, 1e-7, -1e-3, 0.2499, 0.25, -0.2501, 0.7, -3, 9.9].map(Math.fround)
    // exp of WGSL is within 3 + 2|x| units of 2⁻²⁴, and 1 − t at |x| = 1/4 is 0.39: 4e-7 of what is left
    expect(await at(tanh, values)).toBeAllclose(values.map(Math.tanh), { relative: 1e-6, absolute: 0 })
  })
})

const small: Readonly<Record<string, Fields>> = {
  'product-linear': {},
  'product-linear by minibatches': { optimiser: { kind: 'sgd', learningRate: 0.02, momentum: 0.9, batch: 4 } },
  perceptron: { model: { kind: 'perceptron', widths: [5], activation: 'relu' }, optimiser: { kind: 'sgd', learningRate: 0.05 } },
}

describe.skipIf(isMissing)(`training on webgpu${skipped}`, () => {
  // 100 steps of float32 in two orders of summation; each step adds a few 2⁻²⁴ of the largest number that it sees, and these problems contract
  const tolerance = { relative: 1e-5, absolute: 1e-5 }

  test.each(Object.entries(small))('%s ends where wasm ends, and one run that diverges at the same step', async (kind, fields) => {
    const steps = kind.endsWith('minibatches') ? 30 : 100
    const wild = { ...fields, optimiser: { kind: 'sgd', learningRate: 1e3 } }
    const lanes = lanesOf([{ ...fields, regularisation: { weightDecay: 0.05 } }, wild])
    await startEngine('wasm')
    const expected = await trained(lanes, steps)
    await startEngine('webgpu')
    const got = await trained(lanes, steps)
    for (const [name, values] of Object.entries(expected)) {
      expect(got[name]?.constructor).toBe(values.constructor)
      if (!(values instanceof Float32Array)) expect([name, ...(got[name] ?? [])]).toEqual([name, ...values])
      const finite = Array.from(values, (x, i) => (Number.isFinite(x) ? i : -1)).filter((i) => i >= 0) // momentum of a run that died may be anything
      expect(finite.map((i) => got[name]?.[i] ?? Number.NaN)).toBeAllclose(
        finite.map((i) => values[i] ?? Number.NaN),
        tolerance,
      )
    }
    expect(got['alive']?.[1]).toBe(0)
    expect(got['survived']?.[0]).toBe(steps)
  })

  test('a step is replayed kernel by kernel, the same bits each time, and leaves nothing behind', async () => {
    await startEngine('webgpu')
    const lanes = lanesOf([{}, { regularisation: { weightDecay: 0.1 } }])
    const program = captureTraining(lanes, startState(lanes))
    expect([program.how, program.because, program.isReused]).toEqual(['kernels', null, false])
    program.advance(0, 3)
    await program.settle([])
    const data = memory().numTensors + engine().backend.numDataIds()
    program.advance(3, 20)
    await program.settle([])
    expect(memory().numTensors + engine().backend.numDataIds()).toBe(data)
    program.dispose()
    expect(await trained(lanes, 23)).toEqual(await trained(lanes, 23))
  })

  test('a start that is not finite is a run that dies at once', async () => {
    await startEngine('webgpu')
    const lanes = startingAt(lanesOf([{}, {}]), [
      { u: [Number.NaN, 1, 1], w: [1, 1, 1] },
      { u: [1, 1, 1], w: [1, 1, 1] },
    ])
    const { alive, survived } = await trained(lanes, 5)
    expect([...(alive ?? [])]).toEqual([0, 1])
    expect([...(survived ?? [])]).toEqual([0, 5])
  })

  test('a value is given only after it was waited for', async () => {
    await startEngine('webgpu')
    const lanes = lanesOf([{}])
    const program = captureTraining(lanes, startState(lanes))
    program.advance(0)
    expect(() => program.read('parameter/u')).toThrow('webgpu: a value was asked for before the device had brought it')
    await program.settle(['parameter/u'])
    expect(program.read('parameter/u')).toHaveLength(3)
    program.dispose()
  })
})

describe.skipIf(isMissing)(`what can go wrong on webgpu${skipped}`, () => {
  test('the proof multiplies as float64 does, and names a software adapter so', async () => {
    const proof = engineProof.parse(await proveEngine('webgpu'))
    expect(proof).toMatchObject({ engine: 'webgpu', available: true, reason: null })
    expect(proof.error).toBeGreaterThan(0) // every product of float32 numbers rounds
    expect(Object.keys(proof.versions)).toEqual(['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', 'webgpu'])
    if (process.env['VK_ICD_FILENAMES'] !== undefined) expect(proof.device).toMatch(/^SwiftShader.*, software$/)
  })

  test('an allocation that the device refuses is a sentence', async () => {
    const { device, info } = await openDevice()
    const backend = new DeferredBackend(device, info)
    device.createBuffer({ size: 2 ** 45, usage: GPUBufferUsage.STORAGE })
    await expect(backend.settle()).rejects.toThrow(/^webgpu: the device (has no memory left|refused a command): .*\S$/)
    device.destroy()
  })

  test('a device that is lost while a stack trains ends it in a sentence at every look, and the next start opens another', async () => {
    await startEngine('webgpu')
    const lanes = lanesOf([{}])
    const program = captureTraining(lanes, startState(lanes))
    program.advance(0, 5)
    const { backend } = engine() as unknown as { backend: DeferredBackend } // what startEngine has just made active
    backend.device.destroy()
    const sentence = /^webgpu: the device was lost \(destroyed\): .*\S$/
    await expect(program.settle([])).rejects.toMatchObject({ code: 'engine-unavailable', message: expect.stringMatching(sentence) })
    expect(() => program.advance(5)).toThrow(sentence)
    await expect(program.settle(['parameter/u'])).rejects.toThrow(sentence)
    await startEngine('webgpu')
    expect((await trained(lanes, 3))['survived']).toEqual(Int32Array.of(3))
  })
})
