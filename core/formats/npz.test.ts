import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { readNpz, writeNpz } from './npz.ts'
import { writeZip } from './zip.ts'

/** Whole files; <n> stands for n spaces. */
const fromHex = (hex: string) =>
  Uint8Array.from(hex.replace(/<(\d+)>/g, (_, count: string) => '20'.repeat(Number(count))).match(/../g) ?? [], (pair) =>
    Number.parseInt(pair, 16),
  )

// Origin: NumPy 2.4.6, printed by core/testing/fixtures/numpyArrays.py
const savez =
  '504b03042d000000000000002100e00206daffffffffffffffff05001400772e6e70790100100098000000000000009800000000000000934e554d50' +
  '59010076007b276465736372273a20273c6634272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c2033' +
  '292c207d<58>0a0000803f000020c0000040400000807f00000080cdcccc3d504b03042d0000000000000021000bf9aa2dffffffffffffffff0d0014' +
  '006c617965722f623a302e6e70790100100088000000000000008800000000000000934e554d5059010076007b276465736372273a20273c6934272c' +
  '2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d<60>0a0100000002000000504b03042d000008' +
  '00000000210070ee9269ffffffffffffffff0a001400e9878de381bf2e6e70790100100088000000000000008800000000000000934e554d50590100' +
  '76007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028292c207d<62>0a' +
  '000000000000e03f504b01022d032d000000000000002100e00206da9800000098000000050000000000000000000000800100000000772e6e707950' +
  '4b01022d032d0000000000000021000bf9aa2d88000000880000000d00000000000000000000008001cf0000006c617965722f623a302e6e7079504b' +
  '01022d032d00000800000000210070ee926988000000880000000a0000000000000000000000800196010000e9878de381bf2e6e7079504b05060000' +
  '000003000300a60000005a0200000000'
const savezCompressed =
  '504b03042d000000080000002100e00206daffffffffffffffff05001400772e6e70790100100098000000000000005c000000000000009bec17ea1b' +
  '10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab5' +
  '0a64032e0686067b060685030c0c0e0e40763d0390387be68c2d00504b03042d0000000800000021000bf9aa2dffffffffffffffff0d0014006c6179' +
  '65722f623a302e6e70790100100088000000000000004b000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a2aea3a09e96' +
  '5f54529498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e4606060626200600504b03042d00000808000000210070' +
  'ee9269ffffffffffffffff0a001400e9878de381bf2e6e707901001000880000000000000047000000000000009bec17ea1b10c9c850c650ad9e925a' +
  '9c5ca46ea5a06e9366a1aea3a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91a9a3a0ab50a14012e063078600f00504b0102' +
  '2d032d000000080000002100e00206da5c00000098000000050000000000000000000000800100000000772e6e7079504b01022d032d000000080000' +
  '0021000bf9aa2d4b000000880000000d00000000000000000000008001930000006c617965722f623a302e6e7079504b01022d032d00000808000000' +
  '210070ee926947000000880000000a000000000000000000000080011d010000e9878de381bf2e6e7079504b05060000000003000300a6000000a001' +
  '00000000'

const referenceArrays = [
  ['w', { type: 'f4', shape: [2, 3], values: Float32Array.of(1, -2.5, 3, Infinity, -0, 0.1) }],
  ['layer/b:0', { type: 'i4', shape: [2], values: Int32Array.of(1, 2) }],
  ['重み', { type: 'f8', shape: [], values: Float64Array.of(0.5) }],
]

function sentenceOf(bytes: Uint8Array, limit?: number): string {
  try {
    readNpz(bytes, limit === undefined ? { name: 'm.npz' } : { name: 'm.npz', limit })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
  return 'no refusal'
}

describe('npz', () => {
  test.each([
    ['savez', savez],
    ['savez_compressed', savezCompressed],
  ])('reads what NumPy’s %s wrote', (_, hex) => {
    expect([...readNpz(fromHex(hex), { name: 'm.npz' })]).toEqual(referenceArrays)
  })

  test('any named arrays survive writing and reading to the bit, stored and deflated', () => {
    const values = fc.oneof(fc.float32Array(), fc.float64Array(), fc.int32Array(), fc.uint8Array())
    const name = fc.stringMatching(/^[a-zA-Z0-9_é重😀-]{1,8}(\/[a-z0-9]{1,3})?(:0)?$/u)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, values), { maxLength: 4 }), fc.constantFrom('stored', 'deflated'), (named, packing) => {
        const arrays = new Map(named.map(([key, numbers]) => [key, { shape: [numbers.length], values: numbers }]))
        const bytes = writeNpz(arrays, { packing })
        expect(writeNpz(arrays, { packing })).toEqual(bytes)
        const back = readNpz(bytes, { name: 'm.npz' })
        expect([...back.keys()].sort()).toEqual([...arrays.keys()].sort())
        for (const [key, { shape, values: numbers }] of arrays) {
          expect(back.get(key)?.shape).toEqual(shape)
          expect(back.get(key)?.values).toEqual(numbers)
        }
      }),
    )
  })

  test('a file of no arrays is read as none', () => {
    expect(readNpz(writeNpz(new Map()), { name: 'm.npz' }).size).toBe(0)
  })

  test('a member that is no .npy file is refused', () => {
    expect(sentenceOf(writeZip(new Map([['a.txt', Uint8Array.of(1)]])))).toBe('m.npz: expected only members .npy, got "a.txt"')
    expect(sentenceOf(writeZip(new Map([['a.npy', Uint8Array.of(1)]])))).toBe(
      'm.npz, "a.npy": expected a NumPy file, which begins with 93 4e 55 4d 50 59, got 01',
    )
  })

  test('a member larger than the limit is refused before it is unpacked', () => {
    const zeros = new Map([['z', { shape: [1_000_000], values: new Uint8Array(1_000_000) }]])
    const bytes = writeNpz(zeros, { packing: 'deflated' })
    expect(bytes.length).toBeLessThan(2000) // a bomb of a thousand to one
    expect(sentenceOf(bytes, 999_999)).toBe('m.npz: expected members of at most 999999 bytes together, got 1000128')
    expect(sentenceOf(bytes)).toBe('no refusal')
  })

  test('every cut of a file is refused', () => {
    const whole = fromHex(savezCompressed)
    for (let length = 0; length < whole.length; length += 1) expect(sentenceOf(whole.subarray(0, length))).toMatch(/^m\.npz.*expected/)
  })

  test('any change of a byte ends in the same arrays, other ones or a refusal, and in nothing else', () => {
    const files = [fromHex(savez), fromHex(savezCompressed)]
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.nat(1), edits, fc.uint8Array({ maxLength: 64 }), (which, changes, noise) => {
        const bytes = files[which]?.slice() ?? noise
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        expect(typeof sentenceOf(bytes)).toBe('string') // it throws what is no refusal
        expect(sentenceOf(noise)).toMatch(/^m\.npz: expected a zip file/)
      }),
      { numRuns: 1000 },
    )
  })

  test('a name that is empty or climbs is a bug', () => {
    const one = { shape: [1], values: Uint8Array.of(1) }
    expect(() => writeNpz(new Map([['', one]]))).toThrow('bug: writeNpz: expected names that are not empty')
    expect(() => writeNpz(new Map([['../a', one]]))).toThrow('bug: writeZip: expected paths that do not climb, got "../a.npy"')
  })
})
