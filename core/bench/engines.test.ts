import { describe, expect, test } from 'vitest'
import type { EngineName, EngineProof } from '#core/contract/engines.ts'
import { chosenEngines, peakOf, requireEngineNames } from './engines.ts'

const proof = (engine: EngineName, gflops: number, reason: string | null = null): EngineProof => ({
  engine,
  available: reason === null,
  device: reason === null ? `${engine}'s device` : null,
  size: 512,
  error: 0,
  bound: 1e-5,
  gflops,
  versions: {},
  reason,
})
const all = [proof('wasm', 14), proof('tensorflow', 40), proof('cpu', 0.5)]
const absent = [proof('wasm', 14), proof('tensorflow', 0, 'tensorflow: not installed'), proof('cpu', 0.5)]
const namesOf = (asked: readonly string[], proofs = all) => chosenEngines(asked, proofs).map(({ engine }) => engine)

describe('chosenEngines', () => {
  test('are those that are there but cpu, when none is named', () => {
    expect(namesOf([])).toEqual(['wasm', 'tensorflow'])
    expect(namesOf([], absent)).toEqual(['wasm'])
  })
  test('are all that are there for `all`', () => {
    expect(namesOf(['all'])).toEqual(['wasm', 'tensorflow', 'cpu'])
    expect(namesOf(['all'], absent)).toEqual(['wasm', 'cpu'])
  })
  test('are the named ones, each once, in the order of the proofs', () => {
    expect(namesOf(['cpu', 'wasm', 'cpu'])).toEqual(['wasm', 'cpu'])
  })
  test('tell their device', () => {
    expect(chosenEngines(['wasm'], all)[0]).toEqual({ engine: 'wasm', gflops: 14, versions: {}, device: "wasm's device" })
  })
  test('refuse a named one that is not there, and a machine without any', () => {
    expect(() => namesOf(['tensorflow'], absent)).toThrow('tensorflow: not installed')
    expect(() => namesOf([], [proof('wasm', 0, 'wasm: damaged')])).toThrow('expected an engine that is there, got none')
  })
})

test('requireEngineNames refuses a name that is none', () => {
  expect(() => requireEngineNames(['wasm', 'wsam'])).toThrow('--engine: expected one of wasm, ')
  expect(requireEngineNames(['wasm', 'all'])).toBeUndefined()
  expect(requireEngineNames([])).toBeUndefined()
})

test('peakOf is the fastest product of an engine that is right', () => {
  expect(peakOf(all)).toBe(40)
  expect(peakOf([proof('wasm', 14), proof('tensorflow', 99, 'tensorflow: wrong')])).toBe(14)
  expect(peakOf([])).toBe(0)
})
