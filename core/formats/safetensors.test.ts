import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { toFloat64 } from './numbers.ts'
import { type NamedTensor, type Tensor, readSafetensors, writeSafetensors } from './safetensors.ts'
import { encodeUtf8 } from './utf8.ts'

/**
 * Written by safetensors 0.8.0 and numpy 2.4.6 (Python):
 *   import numpy as np; from safetensors.numpy import save
 *   print(save({'w': np.array([[1, -2.5], [np.inf, -0.0]], np.float32), 'b': np.array([0.1], np.float64),
 *     'i': np.array([-1, 2**31 - 1], np.int32), 'u': np.array([0, 255, 7], np.uint8), 'l': np.array([-2**63], np.int64),
 *     's': np.array(3, np.float32), 'e': np.zeros((0, 2), np.float32)}, metadata={'format': 'np', 'by': 'reference'}).hex())
 */
const reference =
  'b8010000000000007b225f5f6d657461646174615f5f223a7b226279223a227265666572656e6365222c22666f726d6174223a226e70227d2c226c223a7b2264' +
  '74797065223a22493634222c227368617065223a5b315d2c22646174615f6f666673657473223a5b302c385d7d2c2262223a7b226474797065223a2246363422' +
  '2c227368617065223a5b315d2c22646174615f6f666673657473223a5b382c31365d7d2c2265223a7b226474797065223a22463332222c227368617065223a5b' +
  '302c325d2c22646174615f6f666673657473223a5b31362c31365d7d2c2273223a7b226474797065223a22463332222c227368617065223a5b5d2c2264617461' +
  '5f6f666673657473223a5b31362c32305d7d2c2277223a7b226474797065223a22463332222c227368617065223a5b322c325d2c22646174615f6f6666736574' +
  '73223a5b32302c33365d7d2c2269223a7b226474797065223a22493332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b33362c3434' +
  '5d7d2c2275223a7b226474797065223a225538222c227368617065223a5b335d2c22646174615f6f666673657473223a5b34342c34375d7d7d20202020202020' +
  '00000000000000809a9999999999b93f000040400000803f000020c00000807f00000080ffffffffffffff7f00ff07'

const referenceTensors: readonly NamedTensor[] = [
  { name: 'w', dtype: 'F32', shape: [2, 2], values: Float32Array.of(1, -2.5, Infinity, -0) },
  { name: 'b', dtype: 'F64', shape: [1], values: Float64Array.of(0.1) },
  { name: 'i', dtype: 'I32', shape: [2], values: Int32Array.of(-1, 2147483647) },
  { name: 'u', dtype: 'U8', shape: [3], values: Uint8Array.of(0, 255, 7) },
  { name: 'l', dtype: 'I64', shape: [1], values: BigInt64Array.of(-(2n ** 63n)) },
  { name: 's', dtype: 'F32', shape: [], values: Float32Array.of(3) },
  { name: 'e', dtype: 'F32', shape: [0, 2], values: new Float32Array() },
]
const referenceMetadata = { format: 'np', by: 'reference' }

// Origin: safetensors 0.8.0, ml_dtypes and NumPy 2.4.6, printed by core/testing/fixtures/numpyArrays.py
const everyDtype =
  'd0010000000000007b22753634223a7b226474797065223a22553634222c227368617065223a5b325d2c22646174615f6f666673657473223a5b302c' +
  '31365d7d2c22753332223a7b226474797065223a22553332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b31362c32345d' +
  '7d2c2262663136223a7b226474797065223a2242463136222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32342c32385d7d' +
  '2c22663136223a7b226474797065223a22463136222c227368617065223a5b325d2c22646174615f6f666673657473223a5b32382c33325d7d2c2275' +
  '3136223a7b226474797065223a22553136222c227368617065223a5b325d2c22646174615f6f666673657473223a5b33322c33365d7d2c2269313622' +
  '3a7b226474797065223a22493136222c227368617065223a5b325d2c22646174615f6f666673657473223a5b33362c34305d7d2c226938223a7b2264' +
  '74797065223a224938222c227368617065223a5b325d2c22646174615f6f666673657473223a5b34302c34325d7d2c22626f6f6c223a7b2264747970' +
  '65223a22424f4f4c222c227368617065223a5b325d2c22646174615f6f666673657473223a5b34322c34345d7d7d2020202020200100000000000000' +
  '00000000000000000100000000000000494096feff7b55b5010000000100000001000100'

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** A file with this header and so many bytes of data. */
function file(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === 'string' ? encodeUtf8(header) : header
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

function sentenceOf(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return error.message
  }
  return 'no refusal'
}

function withoutName({ name: _, ...tensor }: NamedTensor): Tensor {
  return tensor
}

describe('safetensors', () => {
  test('a file of the reference implementation is read', () => {
    const { tensors, metadata } = readSafetensors(fromHex(reference))
    expect(metadata).toEqual(referenceMetadata)
    expect(tensors.size).toBe(referenceTensors.length)
    for (const tensor of referenceTensors) expect(tensors.get(tensor.name)).toEqual(withoutName(tensor))
  })

  test('a view that is no copy when sliced, as a Buffer of Node, is read the same', () => {
    class Sliding extends Uint8Array {
      override slice(from?: number, to?: number): Uint8Array<ArrayBuffer> {
        return new Uint8Array(this.buffer, this.byteOffset + (from ?? 0), (to ?? this.length) - (from ?? 0))
      }
    }
    const padded = new Uint8Array([0, 0, 0, ...fromHex(reference), 9])
    const view = new Sliding(padded.buffer, 3, padded.length - 4)
    expect(readSafetensors(view)).toEqual(readSafetensors(fromHex(reference)))
  })

  test('the same tensors give the reference implementation’s bytes, in any order', () => {
    expect(toHex(writeSafetensors(referenceTensors, referenceMetadata))).toBe(reference)
    expect(toHex(writeSafetensors([...referenceTensors].reverse(), { by: 'reference', format: 'np' }))).toBe(reference)
  })

  test('every dtype of a network’s file is read, half precision as the float32 that it is', () => {
    const { tensors } = readSafetensors(fromHex(everyDtype))
    expect(Object.fromEntries(tensors)).toEqual({
      u64: { dtype: 'U64', shape: [2], values: BigUint64Array.of(1n, 0n) },
      u32: { dtype: 'U32', shape: [2], values: Uint32Array.of(1, 0) },
      u16: { dtype: 'U16', shape: [2], values: Uint16Array.of(1, 0) },
      i16: { dtype: 'I16', shape: [2], values: Int16Array.of(1, 0) },
      i8: { dtype: 'I8', shape: [2], values: Int8Array.of(1, 0) },
      bool: { dtype: 'BOOL', shape: [2], values: Uint8Array.of(1, 0) },
      f16: { dtype: 'F16', shape: [2], values: Float32Array.of(65504, -0.333251953125) }, // −1/3 to 11 bits: 1365/4096
      bf16: { dtype: 'BF16', shape: [2], values: Float32Array.of(3.140625, -150 * 2 ** 119) }, // −1e38 to 8 bits
    })
    for (const [name, { values }] of tensors) expect([...toFloat64(values, name)]).toEqual([...values].map(Number))
  })

  test('the dtypes stand in the reference implementation’s order', () => {
    const names = (bytes: Uint8Array) => [...readSafetensors(bytes).tensors.values()].map(({ dtype }) => dtype)
    const whole = names(fromHex(everyDtype))
    expect(whole).toEqual(['U64', 'U32', 'BF16', 'F16', 'U16', 'I16', 'I8', 'BOOL'])
    const written = [...readSafetensors(fromHex(everyDtype)).tensors].flatMap(([name, tensor]): NamedTensor[] =>
      tensor.dtype === 'BF16' || tensor.dtype === 'F16' ? [] : [{ name, ...tensor }],
    )
    expect(names(writeSafetensors(written.reverse()))).toEqual(whole.filter((dtype) => !dtype.endsWith('F16')))
  })

  test('any tensors survive writing and reading to the bit', () => {
    const shape = fc.array(fc.nat(3), { maxLength: 3 })
    const tensor = shape.chain((sizes) => {
      const length = sizes.reduce((product, size) => product * size, 1)
      const lengths = { minLength: length, maxLength: length }
      return fc.oneof(
        fc.float32Array(lengths).map((values) => ({ dtype: 'F32', shape: sizes, values }) as const),
        fc.float64Array(lengths).map((values) => ({ dtype: 'F64', shape: sizes, values }) as const),
        fc.int32Array(lengths).map((values) => ({ dtype: 'I32', shape: sizes, values }) as const),
        fc.uint8Array(lengths).map((values) => ({ dtype: 'U8', shape: sizes, values }) as const),
        fc.bigInt64Array(lengths).map((values) => ({ dtype: 'I64', shape: sizes, values }) as const),
      )
    })
    const name = fc.string({ unit: 'binary' }).filter((text) => text !== '__metadata__')
    const notes = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { maxKeys: 3, noNullPrototype: true })
    fc.assert(
      fc.property(fc.dictionary(name, tensor, { maxKeys: 4 }), notes, fc.nat(7), (byName, metadata, shift) => {
        const named = Object.entries(byName).map(([key, value]) => ({ ...value, name: key }))
        const bytes = writeSafetensors(named, metadata)
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift) // a view that starts at any offset
        shifted.set(bytes)
        const back = readSafetensors(shifted)
        expect(back.metadata).toEqual(metadata)
        expect(back.tensors.size).toBe(named.length)
        for (const item of named) expect(back.tensors.get(item.name)).toEqual(withoutName(item))
      }),
    )
  })

  test('the ends of every whole dtype survive too, to the bit', () => {
    const named: readonly NamedTensor[] = [
      { name: 'u64', dtype: 'U64', shape: [2], values: BigUint64Array.of(0n, 2n ** 64n - 1n) },
      { name: 'u32', dtype: 'U32', shape: [2], values: Uint32Array.of(0, 2 ** 32 - 1) },
      { name: 'u16', dtype: 'U16', shape: [2], values: Uint16Array.of(0, 65_535) },
      { name: 'i16', dtype: 'I16', shape: [2], values: Int16Array.of(-32_768, 32_767) },
      { name: 'i8', dtype: 'I8', shape: [2], values: Int8Array.of(-128, 127) },
      { name: 'bool', dtype: 'BOOL', shape: [2, 1], values: Uint8Array.of(0, 1) },
    ]
    const { tensors } = readSafetensors(writeSafetensors(named))
    for (const item of named) expect(tensors.get(item.name)).toEqual(withoutName(item))
  })

  test('any bytes end in tensors or a refusal, and in nothing else', () => {
    const endsWell = (bytes: Uint8Array) => {
      try {
        readSafetensors(bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal)
      }
    }
    const whole = fromHex(reference)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), endsWell))
    fc.assert(fc.property(fc.json(), fc.nat(32), (text, data) => endsWell(file(text, data))))
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (edits, cut) => {
        const bytes = whole.slice()
        for (const [at, byte] of edits) bytes[at] = byte
        endsWell(bytes)
        endsWell(bytes.subarray(0, cut))
      }),
      { numRuns: 500 },
    )
  })

  test('every cut of a file is refused', () => {
    const whole = fromHex(reference)
    for (let length = 0; length < whole.length; length += 1)
      expect(sentenceOf(whole.subarray(0, length))).toMatch(/^safetensors: .*expected/)
  })

  const u8 = (begin: number, end: number, size = end - begin) => `{"dtype":"U8","shape":[${size}],"data_offsets":[${begin},${end}]}`
  test.each<[string, Uint8Array]>([
    ['safetensors: expected at least 8 bytes, got 7', new Uint8Array(7)],
    ['safetensors: header length: expected at most 100000000 bytes, got 100000001', new Uint8Array([1, 0xe1, 0xf5, 5, 0, 0, 0, 0])],
    ['safetensors: header length: expected at most 100000000 bytes, got 18446744073709551615', new Uint8Array(8).fill(255)],
    ['safetensors: header length: expected at most the 2 bytes that follow, got 3', new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x7d])],
    ['safetensors: header: expected UTF-8, got byte 255 at offset 9', file(Uint8Array.of(0x7b, 0xff))],
    ['safetensors: header: expected a JSON object, got "{\\"a\\":"', file('{"a":')],
    ['safetensors: header: expected a JSON object, got ""', file('')],
    ['safetensors: header: expected a JSON object, got "[]"', file('[]')],
    ['safetensors: header: expected a JSON object, got " {}"', file(' {}')],
    ['safetensors: header: expected every name once, got "a" twice', file(`{"a":${u8(0, 1)},"\\u0061" :${u8(1, 2)}}`, 2)],
    ['safetensors: header: expected every name once, got "dtype" twice', file('{"a":{"dtype":"U8","dtype":"U8"}}')],
    ['safetensors: __metadata__: expected an object of texts, got [1]', file('{"__metadata__":[1]}')],
    ['safetensors: __metadata__."n": expected a text, got 1', file('{"__metadata__":{"n":1}}')],
    ['safetensors: tensor "a": expected an object with dtype, shape and data_offsets, got null', file('{"a":null}')],
    [
      'safetensors: tensor "a", dtype: expected one of U64, I64, F64, F32, U32, I32, BF16, F16, U16, I16, I8, U8, BOOL, got "F8_E5M2"',
      file('{"a":{"dtype":"F8_E5M2"}}'),
    ],
    [
      'safetensors: tensor "a", dtype: expected one of U64, I64, F64, F32, U32, I32, BF16, F16, U16, I16, I8, U8, BOOL, got "toString"',
      file('{"a":{"dtype":"toString"}}'),
    ],
    ['safetensors: tensor "a", shape: expected a list of whole numbers ≥ 0, got [-1]', file('{"a":{"dtype":"U8","shape":[-1]}}')],
    [
      'safetensors: tensor "a", data_offsets: expected two whole numbers ≥ 0, got [0.5,1]',
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0.5,1]}}', 1),
    ],
    ['safetensors: tensor "a", data_offsets: expected begin ≤ end, got [1,0]', file(`{"a":${u8(1, 0, 1)}}`, 1)],
    ['safetensors: tensor "a": expected 3 bytes for U8 of shape [3], got 2', file(`{"a":${u8(0, 2, 3)}}`, 2)],
    [
      'safetensors: tensor "b", data_offsets: expected to begin at 2, where the one before ends, got 1',
      file(`{"a":${u8(0, 2)},"b":${u8(1, 2)}}`, 2),
    ],
    [
      'safetensors: tensor "b", data_offsets: expected to begin at 1, where the one before ends, got 2',
      file(`{"a":${u8(0, 1)},"b":${u8(2, 3)}}`, 3),
    ],
    [
      'safetensors: tensor "a", value 0: expected 0 or 1 for BOOL, got 2',
      Uint8Array.of(...file(`{"a":${u8(0, 1).replace('U8', 'BOOL')}}`), 2),
    ],
    ['safetensors: expected 1 bytes of data after the header, got 2', file(`{"a":${u8(0, 1)}}`, 2)],
    ['safetensors: expected 9 bytes of data after the header, got 2', file(`{"a":${u8(0, 9)}}`, 2)],
    [
      'safetensors: tensor "a": expected only dtype, shape and data_offsets, got "x"',
      file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'),
    ],
  ])('%s', (sentence, bytes) => {
    expect(sentenceOf(bytes)).toBe(sentence)
  })

  test('a shape whose product is beyond exact integers is refused', () => {
    expect(sentenceOf(file('{"a":{"dtype":"U8","shape":[9007199254740991,9007199254740991],"data_offsets":[0,1]}}', 1))).toMatch(
      /^safetensors: tensor "a": expected/,
    )
  })

  test('a tensor may be called __proto__', () => {
    const bytes = writeSafetensors([{ name: '__proto__', dtype: 'U8', shape: [1], values: Uint8Array.of(5) }])
    expect(readSafetensors(bytes).tensors.get('__proto__')?.values[0]).toBe(5)
  })

  test('writing what is no tensor is a bug', () => {
    const tensor = { name: 'a', dtype: 'U8', shape: [2], values: Uint8Array.of(1, 2) } as const
    expect(() => writeSafetensors([{ ...tensor, shape: [3] }])).toThrow('bug: writeSafetensors: shape of a is not its length')
    expect(() => writeSafetensors([tensor, tensor])).toThrow('bug: writeSafetensors: expected names that differ')
    expect(() => writeSafetensors([{ ...tensor, name: '__metadata__' }])).toThrow('bug: writeSafetensors')
    expect(() => writeSafetensors([{ ...tensor, name: '\ud800' }])).toThrow('lone surrogate')
  })
})
