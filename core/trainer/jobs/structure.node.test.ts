import { readFileSync, truncateSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assert } from '#core/contract/errors.ts'
import { structureContent, type StructureContent } from '#core/contract/structure.ts'
import { writeNpz } from '#core/formats/npz.ts'
import { writeSafetensors, type NamedTensor } from '#core/formats/safetensors.ts'
import { jsonOf, temporaryFolder, type TestFolder } from '#core/testing/studies.ts'
import type { StructureJob } from '../protocol.ts'
import { runStructure } from './structure.ts'

type FileSource = Extract<StructureJob['source'], { kind: 'file' }>

let place: TestFolder
beforeAll(() => (place = temporaryFolder()))
afterAll(() => place.remove())

async function structureOf(path: string, options: Partial<FileSource> = {}, limit?: number): Promise<StructureContent> {
  const name = path.split('/').at(-1) ?? path
  const source = { kind: 'file', path, name, layout: 'output-first', activation: null, ...options } as const
  const { content } = await runStructure({ kind: 'structure', source }, { pause: () => Promise.resolve() }, limit)
  return structureContent.parse(content) // what crosses the wire
}

const f32 = (name: string, shape: readonly number[], values: readonly number[]): NamedTensor => ({
  name,
  dtype: 'F32',
  shape,
  values: Float32Array.from(values),
})
let files = 0
const written = (tensors: readonly NamedTensor[], metadata: Record<string, string> = {}) =>
  place.write(`file${(files += 1)}.safetensors`, writeSafetensors(tensors, metadata))
const counting = (length: number) => Array.from({ length }, (_, i) => i + 1)

describe('a network that PyTorch trained and saved', () => {
  // Origin: core/testing/fixtures/torchStructure.py: PyTorch trains and saves, numpy measures
  type Reference = {
    readonly sparsity: number[]
    readonly exactZeros: number
    readonly norm: number
    readonly singularValues?: number[]
    readonly numericRank?: number
    readonly machineRank?: number
    readonly effectiveRank?: number
    readonly stableRank?: number
    readonly energyRank?: number
  }
  type Groups = { survivors: number; groups: number; members: number[][]; vanishing: number[]; permutation: number }
  const fixture = (ending: string) => fileURLToPath(new URL(`../../testing/fixtures/torchStructure.${ending}`, import.meta.url))
  const reference = jsonOf<{ layers: Record<string, Reference>; neurons: Record<string, Groups> }>(readFileSync(fixture('json'), 'utf8'))
  let found: StructureContent
  beforeAll(async () => (found = await structureOf(fixture('safetensors'), { activation: 'homogeneous' })))

  test('is found whole, in the order of its layers', () => {
    expect(found.layers.map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
      ['fc1.bias', [32], 'float32'],
      ['fc1.weight', [32, 16], 'float32'],
      ['fc2.bias', [32], 'float32'],
      ['fc2.weight', [32, 32], 'float32'],
      ['fc3.bias', [4], 'float32'],
      ['fc3.weight', [4, 32], 'float32'],
    ])
    expect(found.notes).toEqual([])
  })

  test("has numpy's sparsity, ranks and singular values", () => {
    for (const { name, sparsity, exactZeros, norm, spectrum } of found.layers) {
      const expected = reference.layers[name]
      assert(expected !== undefined, 'the reference has every layer')
      expect(sparsity).toEqual([1e-3, 1e-6, 1e-9, 1e-12].map((threshold, i) => ({ threshold, share: expected.sparsity[i] }))) // counts are exact
      expect(exactZeros).toBe(expected.exactZeros)
      expect(norm).toBeCloseTo(expected.norm, 12) // of size 1: sums of a thousand squares in another order
      if (expected.singularValues === undefined) {
        expect(spectrum).toBeNull()
        continue
      }
      assert(spectrum !== null, 'a matrix has a spectrum')
      expect([spectrum.numericRank, spectrum.machineRank, spectrum.energyRank]).toEqual([
        expected.numericRank,
        expected.machineRank,
        expected.energyRank,
      ])
      expect(spectrum.effectiveRank).toBeCloseTo(expected.effectiveRank ?? Number.NaN, 10) // asked for: 1e-6; both round at 1e-15 of ranks below 10
      expect(spectrum.stableRank).toBeCloseTo(expected.stableRank ?? Number.NaN, 10)
      for (const [i, value] of expected.singularValues.entries()) expect(spectrum.singularValues[i]).toBeCloseTo(value, 13) // a few ε σ₁ in both
    }
  })

  test('is a case that means something: decay and pruning have left their mark at every threshold', () => {
    const shares = (i: number) => found.layers.map(({ sparsity }) => sparsity[i]?.share ?? 0)
    for (const i of [0, 1, 2, 3]) expect(Math.max(...shares(i))).toBeGreaterThan(0.1)
    expect(Math.max(...found.layers.map(({ exactZeros }) => exactZeros ?? 0))).toBe(1 / 8) // two of sixteen inputs
    const ranks = found.layers.flatMap(({ matrix, spectrum }) =>
      matrix === null || spectrum === null ? [] : [[Math.min(matrix.rows, matrix.columns), spectrum.machineRank, spectrum.numericRank]],
    )
    expect(ranks).toEqual([
      [16, 14, 14],
      [32, 19, 12],
      [4, 4, 4],
    ])
  })

  test("has numpy's groups of neurons and its nearest swap", () => {
    expect(found.neurons.map(({ name, bias, outgoing }) => [name, bias, outgoing])).toEqual([
      ['fc1.weight', 'fc1.bias', 'fc2.weight'],
      ['fc2.weight', 'fc2.bias', 'fc3.weight'],
    ])
    for (const { name, width, survivors, groups, members, vanishing } of found.neurons) {
      const { permutation: _, ...expected } = reference.neurons[name] ?? { permutation: 0 }
      expect({ survivors, groups, members, vanishing }).toEqual(expected)
      expect(width).toBe(32)
    }
    const swaps = found.mirrors.filter(({ symmetry }) => symmetry === 'permutation')
    expect(swaps.map(({ family, places }) => [family, places])).toEqual([
      ['permutation-fc1.weight', 496],
      ['permutation-fc2.weight', 496],
    ])
    for (const [i, { residual }] of swaps.entries()) {
      const expected = Object.values(reference.neurons)[i]?.permutation ?? Number.NaN
      expect(Math.abs((residual ?? Number.NaN) / expected - 1)).toBeLessThan(1e-6) // a difference of float32 numbers is exact in float64; then 700 squares
    }
  })

  test('says without an activation that homogeneity needs one', async () => {
    const { neurons, mirrors, notes } = await structureOf(fixture('safetensors'))
    expect([neurons, mirrors, notes]).toEqual([[], [], [{ kind: 'no-activation' }]])
  })
})

describe('arrays of other shapes and dtypes', () => {
  test('a kernel is outputs × everything else, in both layouts', async () => {
    const [first, last] = await Promise.all([
      structureOf(written([f32('conv', [2, 3, 1, 2], counting(12))])),
      structureOf(written([f32('conv', [1, 2, 3, 2], counting(12))]), { layout: 'output-last' }),
    ])
    expect([first.layers[0]?.matrix, last.layers[0]?.matrix]).toEqual([
      { rows: 2, columns: 6 },
      { rows: 2, columns: 6 },
    ])
    // Rows (1 … 6) and (7 … 12): Gram matrix [[91, 217], [217, 559]], trace 650, determinant 3780
    const gram = (650 + Math.sqrt(650 ** 2 - 4 * 3780)) / 2
    expect(first.layers[0]?.spectrum?.singularValues[0]).toBeCloseTo(Math.sqrt(gram), 12)
    // Rows (1, 3, … 11) and (2, 4, … 12): [[286, 322], [322, 364]], trace 650, determinant 420
    expect(last.layers[0]?.spectrum?.singularValues[0]).toBeCloseTo(Math.sqrt((650 + Math.sqrt(650 ** 2 - 4 * 420)) / 2), 12)
  })

  test('a NaN leaves its layer, and no other, without numbers, and is said', async () => {
    const path = written([f32('a.weight', [2, 2], [1, Number.NaN, 3, 4]), f32('b.weight', [2, 2], [3, 0, 0, 4]), f32('c', [1], [Infinity])])
    const { layers, notes } = await structureOf(path)
    const [a, b, c] = layers
    expect(a).toMatchObject({ norm: null, exactZeros: null, spectrum: null, matrix: { rows: 2, columns: 2 }, entries: 4 })
    expect(a?.sparsity.map(({ share }) => share)).toEqual([null, null, null, null])
    expect(b).toMatchObject({ norm: 5, exactZeros: 0.5, spectrum: { numericRank: 2, energyRank: 2 } })
    expect([...(b?.spectrum?.singularValues ?? [])]).toEqual([4, 3])
    expect(c).toMatchObject({ norm: null, spectrum: null, matrix: null })
    expect(notes.filter(({ kind }) => kind === 'not-finite')).toEqual([
      { kind: 'not-finite', layer: 'a.weight' },
      { kind: 'not-finite', layer: 'c' },
    ])
  })

  test('neurons with a NaN have no groups and no residual', async () => {
    const path = written([f32('fc1.weight', [2, 1], [1, Number.NaN]), f32('fc2.weight', [1, 2], [1, 1])])
    const { neurons, mirrors } = await structureOf(path, { activation: 'odd' })
    expect(neurons).toMatchObject([{ width: 2, survivors: null, groups: null, members: [], vanishing: [] }])
    expect(mirrors.map(({ residual, reached }) => [residual, reached])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  test('the ε of the machine rank is that of the dtype', async () => {
    const diagonal = [1, 0, 0, 2 ** -11] // below 2 · 2⁻¹⁰, above 2 · 2⁻²³ and 2 · 2⁻⁵²
    const bytes = new Uint8Array(new Uint16Array([0x3c00, 0, 0, 0x1000]).buffer) // binary16: 1, 0, 0, 2⁻¹¹
    const header = JSON.stringify({ half: { dtype: 'F16', shape: [2, 2], data_offsets: [0, 8] } }).padEnd(64)
    const length = new Uint8Array(new BigUint64Array([64n]).buffer)
    const half = place.write('half.safetensors', Buffer.concat([length, Buffer.from(header), bytes]))
    const single = written([f32('w', [2, 2], diagonal)])
    const tiny = [1, 0, 0, 2 ** -40]
    const ranks = async (path: string) => (await structureOf(path)).layers.map(({ dtype, spectrum }) => [dtype, spectrum?.machineRank])
    expect(await ranks(half)).toEqual([['float16', 1]])
    expect(await ranks(single)).toEqual([['float32', 2]])
    expect(
      await ranks(
        written([
          f32('a', [2, 2], tiny),
          { name: 'b', dtype: 'F64', shape: [2, 2], values: Float64Array.from(tiny) },
          { name: 'c', dtype: 'I64', shape: [2, 2], values: BigInt64Array.of(1n, 0n, 0n, 1n) },
        ]),
      ),
    ).toEqual([
      ['float32', 1],
      ['float64', 2],
      ['int64', 2],
    ])
  })

  test('whole numbers that float64 does not hold are left out, and said', async () => {
    const seed: NamedTensor = { name: 'seed', dtype: 'U64', shape: [1], values: BigUint64Array.of(2n ** 53n + 1n) }
    const { layers, notes } = await structureOf(written([seed, f32('w', [1, 1], [0])]))
    expect(layers.map(({ name, exactZeros, spectrum }) => [name, exactZeros, spectrum?.effectiveRank])).toEqual([['w', 1, 0]])
    expect(notes[0]).toEqual({ kind: 'left-out', name: 'seed' })
  })

  test('an npz holds the same as a safetensors file; an array without entries has none', async () => {
    const w = { shape: [2, 3], values: Float32Array.from([1, 2, 3, 4, 5, 6]) }
    const arrays = new Map([['w', w], ['none', { shape: [0, 3], values: new Float32Array() }]]) // prettier-ignore
    const packed = place.write('a.npz', writeNpz(arrays, { packing: 'deflated' }))
    const { layers } = await structureOf(packed)
    const other = await structureOf(written([f32('w', w.shape, [...w.values]), f32('none', [0, 3], [])]))
    expect(layers).toEqual(other.layers)
    expect(layers[0]).toMatchObject({ name: 'none', entries: 0, exactZeros: null, norm: 0, spectrum: { numericRank: 0 } })
  })

  test('what would take too long is left without its singular values or its copies, and said', async () => {
    const path = written([f32('fc1.weight', [4, 4], counting(16)), f32('fc2.weight', [1, 4], [3, 0, 0, 4])])
    // singular values of 4 × 4: 4 · 16 · (4 + 4/3) = 341 multiplications, of 1 × 4: 4 · (4 + 1/3) = 17; neurons: 4² · 5 = 80
    const { layers, neurons, mirrors, notes } = await structureOf(path, { activation: 'odd' }, 79)
    expect(layers.map(({ matrix, spectrum, norm }) => [matrix?.rows, spectrum?.numericRank, norm])).toEqual([
      [4, undefined, Math.sqrt(1_496)], // Σ i², i ≤ 16
      [1, 1, 5],
    ])
    expect([neurons, mirrors]).toEqual([[], []])
    expect(notes).toEqual([
      { kind: 'too-large', layer: 'fc1.weight', rows: 4, columns: 4 },
      { kind: 'too-large', layer: 'fc1.weight', rows: 4, columns: 5 },
    ])
    expect((await structureOf(path, { activation: 'odd' }, 342)).notes).toEqual([])
  })
})

describe('layers that follow each other', () => {
  const pairs = async (tensors: readonly NamedTensor[], options: Partial<FileSource> = {}) =>
    (await structureOf(written(tensors), { activation: 'odd', ...options })).neurons.map(({ incoming, bias, outgoing }) => [
      incoming,
      bias,
      outgoing,
    ])
  const w = (name: string, ...shape: number[]) => f32(name, shape, counting(shape.reduce((a, b) => a * b, 1)))

  test('are named alike but for their last number, in its order, and fit', async () => {
    expect(await pairs([w('net.10.weight', 1, 3), w('net.2.weight', 3, 2), w('net.2.bias', 3), w('net.0.weight', 2, 4)])).toEqual([
      ['net.0.weight', null, 'net.2.weight'],
      ['net.2.weight', 'net.2.bias', 'net.10.weight'],
    ])
    expect(await pairs([w('W1', 4, 3), w('b1', 3), w('W2', 3, 2)], { layout: 'output-last' })).toEqual([['W1', 'b1', 'W2']])
  })

  test.each([
    ['of sizes that do not fit', [w('fc1.weight', 3, 2), w('fc2.weight', 2, 4)]],
    ['with a normalisation between them', [w('net.0.weight', 3, 2), w('net.1.weight', 3), w('net.2.weight', 2, 3)]],
    ['with a convolution', [w('net.0.weight', 3, 2, 1, 1), w('net.1.weight', 2, 3)]],
    ['of other names', [w('encoder.weight', 3, 2), w('decoder.weight', 2, 3)]],
    ['of a recurrent layer', [w('rnn.weight_ih_l0', 3, 3), w('rnn.weight_ih_l1', 3, 3)]],
  ])('%s are no pair, and that is said', async (_, tensors) => {
    expect(await pairs(tensors)).toEqual([])
    const { notes } = await structureOf(written(tensors), { activation: 'odd' })
    expect(notes).toEqual([{ kind: 'no-neurons' }])
  })

  const copies = [f32('fc1.weight', [3, 2], [1, 2, -1, -2, 2, 4]), f32('fc2.weight', [1, 3], [1, -1, 0.5])]
  test.each([
    ['odd', 2], // a neuron and its negative are one
    ['homogeneous', 2], // a neuron twice as large with half the weight out of it is one
    ['other', 3],
  ] as const)('copies under a symmetry that is %s', async (activation, groups) => {
    const { neurons } = await structureOf(written(copies), { activation })
    expect(neurons).toMatchObject([{ width: 3, survivors: 3, groups }])
  })

  test('linear ones may be turned: their nearest mirror is the least singular value of what goes in above what comes out', async () => {
    const path = written([f32('fc1.weight', [2, 2], [3, 0, 0, 1]), f32('fc2.weight', [1, 2], [4, 0])])
    const { mirrors } = await structureOf(path, { activation: 'linear' })
    expect(mirrors).toMatchObject([{ symmetry: 'rotation', family: 'rotation-fc1.weight', places: null, reached: null }])
    expect(mirrors[0]?.residual).toBeCloseTo(1 / Math.sqrt(26), 14) // columns (3, 0, 4) and (0, 1, 0): norms 5 and 1
  })
})

describe('a file of this program', () => {
  test('holds the runs of a stack, each a network of its own', async () => {
    const path = written([f32('layer1.weight', [2, 1, 2], [1, 0, 1, 1]), f32('layer2.weight', [2, 2, 1], [1, 0, 1, 1])], {
      kagami: 'parameters 1',
    })
    const { layers, neurons, notes } = await structureOf(path, { activation: 'odd' })
    expect(layers.map(({ name, shape }) => [name, shape])).toEqual([
      ['1/layer1.weight', [1, 2]],
      ['1/layer2.weight', [2, 1]],
      ['2/layer1.weight', [1, 2]],
      ['2/layer2.weight', [2, 1]],
    ])
    expect(neurons.map(({ name, survivors, groups }) => [name, survivors, groups])).toEqual([
      ['1/layer1.weight', 1, 1],
      ['2/layer1.weight', 2, 1],
    ])
    expect(notes).toEqual([{ kind: 'stack', runs: 2 }])
  })

  test('a checkpoint has its parameters, not the state of its optimiser', async () => {
    const survived: NamedTensor = { name: 'survived', dtype: 'I32', shape: [1], values: Int32Array.of(3) }
    const tensors = [survived, f32('optimiser/velocity/w', [1, 2, 2], [1, 2, 3, 4]), f32('parameter/w', [1, 2, 2], [1, 0, 0, 1])]
    const { layers } = await structureOf(written(tensors, { kagami: 'checkpoint 1' }))
    expect(layers).toMatchObject([{ name: 'w', shape: [2, 2], spectrum: { stableRank: 2 } }])
  })

  test('whose arrays are of different numbers of runs is refused', async () => {
    const path = written([f32('a', [2, 1, 1], [1, 1]), f32('b', [1_000_000_000, 0], [])], { kagami: 'parameters 1' })
    await expect(structureOf(path)).rejects.toThrow('FILE: expected arrays of one number of runs ≤ 100000, got others')
  })
})

describe('what is no file of weights is refused in one sentence', () => {
  const pickle = 'a pickle, which can run any program when it is loaded; in Python: from safetensors.torch import save_file; save_file('
  test.each<[string, string, string | Uint8Array, string]>([
    ['a checkpoint of torch.save', 'model.pt', 'anything', pickle],
    ['one with another name', 'renamed.npz', 'PK\u0003\u0004 archive/data.pkl', pickle],
    ['a bare pickle', 'renamed.safetensors', Uint8Array.of(0x80, 4, 0x95, 0x2e), pickle],
    ['an empty file', 'empty.safetensors', '', 'FILE: expected a safetensors or npz file, got an empty file: "empty.safetensors"'],
    ['text', 'notes.safetensors', 'these are notes', 'got "notes.safetensors": header length: expected at most 100000000 bytes, got '],
    ['a damaged zip', 'cut.npz', 'PK\u0003\u0004', 'cut.npz: expected a zip file with its directory at the end, got none'],
    ['vectors alone', 'vectors.safetensors', writeSafetensors([f32('b', [2], [1, 2])]), 'FILE: expected a matrix in it, got only vectors and numbers in "vectors.safetensors"'],
    ['nothing at all', 'nothing.safetensors', writeSafetensors([]), 'FILE: expected a matrix in it'],
  ])('%s', async (_, name, content, sentence) => {
    const refused = structureOf(place.write(name, content))
    await expect(refused).rejects.toThrow(sentence)
    await expect(refused).rejects.toMatchObject({ code: 'invalid-input' })
  }) // prettier-ignore

  test('a file of 4 GiB, by its size and unread', async () => {
    const path = place.write('huge.safetensors', '')
    truncateSync(path, 2 ** 32) // a hole: it takes no room
    await expect(structureOf(path)).rejects.toThrow(
      'FILE: expected a file of at most 1073741824 bytes, got 4294967296 in "huge.safetensors"',
    )
  })

  test('a file that is gone', async () => {
    await expect(structureOf(place.path('gone.npz'))).rejects.toMatchObject({ code: 'not-found' })
  })
})
