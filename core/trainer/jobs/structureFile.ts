/**
 * The arrays of a checkpoint from outside: safetensors, as PyTorch's are saved for other programs, or NumPy's npz. Never a pickle, which can run any
 * program when it is loaded.
 *
 * A file says no more than names and shapes. Which layer follows which is read from the numbers in the names, where the sizes agree.
 */
import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { StructureNote } from '#core/contract/structure.ts'
import type { KernelLayout } from '#core/analysis/structure/layers.ts'
import { readNpz } from '#core/formats/npz.ts'
import { toFloat64, type NumberArray } from '#core/formats/numbers.ts'
import { readSafetensors, type SafeTensors } from '#core/formats/safetensors.ts'

/** An array of weights with the precision in which it was born. */
export type NamedArray = {
  readonly name: string
  readonly dtype: string
  readonly epsilon: number // of the dtype
  readonly shape: readonly number[]
  readonly values: Float64Array
}

/** The arrays of one network; a file of this program may hold those of several runs. */
export type FileNetwork = { readonly prefix: string; readonly arrays: readonly NamedArray[] }
export type FileContent = { readonly networks: readonly FileNetwork[]; readonly layout: KernelLayout; readonly notes: StructureNote[] }

export const mostFileBytes = 2 ** 30
const mostRuns = 100_000 // a plan's
const pickles = ['.pt', '.pth', '.bin', '.pkl', '.pickle', '.ckpt']

/** Fails: 'invalid-input' for a file that is too large, a pickle, of another format or damaged; 'not-found' for one that cannot be read. */
export async function readWeights({ path, name, layout }: { path: string; name: string; layout: KernelLayout }): Promise<FileContent> {
  if (pickles.includes(extname(name).toLowerCase())) throw pickleRefusal(name)
  const bytes = await bytesOf(path, name)
  if (bytes.length === 0) throw new Refusal('invalid-input', `FILE: expected a safetensors or npz file, got an empty file: ${quote(name)}`)
  if (isPickle(bytes)) throw pickleRefusal(name)
  if (bytes.subarray(0, 2).equals(Buffer.from('PK'))) return plainContent(npzEntries(bytes, name), layout)
  const { tensors, metadata } = safetensorsOf(bytes, name)
  const entries = [...tensors].map(([tensor, { dtype, shape, values }]) => ({ name: tensor, dtype: dtypeNames[dtype], shape, values }))
  const kind = metadata['kagami']
  return kind === undefined ? plainContent(entries, layout) : stackContent(entries, { kind, name })
}

async function bytesOf(path: string, name: string): Promise<Buffer> {
  try {
    const { size } = await stat(path)
    if (size > mostFileBytes)
      throw new Refusal('invalid-input', `FILE: expected a file of at most ${mostFileBytes} bytes, got ${size} in ${quote(name)}`)
    return await readFile(path)
  } catch (error) {
    if (error instanceof Refusal || !(error instanceof Error) || !('code' in error)) throw error
    throw new Refusal('not-found', `FILE: expected a file that can be read, got ${quote(name)} (${String(error.code)})`)
  }
}

/** A bare pickle of protocol 2 to 5, or the zip around one that `torch.save` writes. */
function isPickle(bytes: Buffer): boolean {
  const [first, second = 0] = bytes
  if (first === 0x80 && second >= 2 && second <= 5 && bytes.at(-1) === 0x2e) return true // 0x2e: the opcode STOP
  return bytes.subarray(0, 2).equals(Buffer.from('PK')) && bytes.includes('/data.pkl')
}

function pickleRefusal(name: string): Refusal {
  return new Refusal(
    'invalid-input',
    `FILE: expected a safetensors or npz file, got ${quote(name)}, a pickle, which can run any program when it is loaded; ` +
      'in Python: from safetensors.torch import save_file; save_file(model.state_dict(), "model.safetensors")',
  )
}

type Entry = { readonly name: string; readonly dtype: string; readonly shape: readonly number[]; readonly values: NumberArray }

const dtypeNames = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U64: 'uint64',
  U32: 'uint32',
  U16: 'uint16',
  U8: 'uint8',
  BOOL: 'bool',
} as const
const npyKinds = { b: 'bool', f: 'float', i: 'int', u: 'uint' } as const
/** The distance from 1 to the next number; whole numbers are exact in float64. */
const epsilons: Readonly<Record<string, number>> = { float32: 2 ** -23, float16: 2 ** -10, bfloat16: 2 ** -7 }

function npzEntries(bytes: Uint8Array, name: string): Entry[] {
  return [...readNpz(bytes, { name })].map(([array, { type, shape, values }]) => {
    const kind = npyKinds[type[0] as keyof typeof npyKinds] // every type begins with one of the four
    return { name: array, dtype: type === 'b1' ? 'bool' : `${kind}${8 * Number(type[1])}`, shape, values }
  })
}

function safetensorsOf(bytes: Uint8Array, name: string): SafeTensors {
  try {
    return readSafetensors(bytes)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const reason = error.message.replace(/^safetensors: /, '')
    throw new Refusal('invalid-input', `FILE: expected a safetensors or npz file, got ${quote(name)}: ${reason}`)
  }
}

function plainContent(entries: readonly Entry[], layout: KernelLayout): FileContent {
  const notes: StructureNote[] = []
  const arrays = entries.toSorted((a, b) => naturally(a.name, b.name)).flatMap((entry) => arrayOf(entry, notes))
  return { networks: [{ prefix: '', arrays }], layout, notes }
}

/** A file of this program: parameters [R, …] of the R runs of a stack, and in a checkpoint the optimiser's state, which is no weight. */
function stackContent(entries: readonly Entry[], { kind, name }: { kind: string; name: string }): FileContent {
  const weights = kind.startsWith('checkpoint')
    ? entries.flatMap((entry) => (entry.name.startsWith('parameter/') ? [{ ...entry, name: entry.name.slice('parameter/'.length) }] : []))
    : entries
  const runs = weights[0]?.shape[0] ?? 0
  if (runs > mostRuns || weights.some(({ shape }) => shape[0] !== runs))
    throw new Refusal('invalid-input', `FILE: expected arrays of one number of runs ≤ ${mostRuns}, got others in ${quote(name)}`)
  const notes: StructureNote[] = runs > 1 ? [{ kind: 'stack', runs }] : []
  const sorted = weights.toSorted((a, b) => naturally(a.name, b.name))
  const networks = Array.from({ length: runs }, (_, lane) => ({
    prefix: runs > 1 ? `${lane + 1}/` : '',
    arrays: sorted.flatMap((entry) => arrayOf(laneOf(entry, lane), notes)),
  }))
  return { networks, layout: 'output-last', notes }
}

function laneOf({ shape, values, ...rest }: Entry, lane: number): Entry {
  const own = shape.slice(1)
  const size = own.reduce((product, length) => product * length, 1)
  return { ...rest, shape: own, values: values.subarray(lane * size, (lane + 1) * size) }
}

function arrayOf({ name, dtype, shape, values }: Entry, notes: StructureNote[]): NamedArray[] {
  try {
    return [{ name, dtype, epsilon: epsilons[dtype] ?? 2 ** -52, shape, values: toFloat64(values, quote(name)) }]
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    notes.push({ kind: 'left-out', name }) // a hash or a counter, no weight
    return []
  }
}

/** Two linear layers, one after the other, as the names of their arrays. */
export type LayerPair = { readonly incoming: string; readonly bias: string | null; readonly outgoing: string }

/**
 * Layers that follow each other: names that differ in their last number alone, such as fc1.weight and fc2.weight, in the order of the numbers, where both are
 * matrices and the outputs of one are the inputs of the next. What stands between them, as a normalisation, keeps them apart; a recurrent layer has no next.
 */
export function layerPairs(arrays: readonly NamedArray[], layout: KernelLayout): LayerPair[] {
  const families = Map.groupBy(
    arrays.flatMap((array) => numbered(array)),
    ({ family }) => family,
  )
  return [...families.values()].flatMap((members) => {
    const inOrder = members.toSorted((a, b) => a.number - b.number)
    return inOrder.flatMap(({ array }, i) => {
      const next = inOrder[i + 1]?.array
      if (next === undefined || outputsOf(array, layout) === null || outputsOf(array, layout) !== inputsOf(next, layout)) return []
      return [{ incoming: array.name, bias: biasOf(array, arrays, layout), outgoing: next.name }]
    })
  })
}

function numbered(array: NamedArray): { family: string; number: number; array: NamedArray }[] {
  const [, before, number, after] = /^(.*?)(\d+)(\D*)$/.exec(array.name) ?? []
  if (number === undefined || /_(ih|hh)_l\d/.test(array.name)) return []
  return [{ family: `${before}#${after}`, number: Number(number), array }]
}

function outputsOf({ shape }: NamedArray, layout: KernelLayout): number | null {
  return shape.length === 2 ? (shape[layout === 'output-first' ? 0 : 1] ?? null) : null
}

function inputsOf({ shape }: NamedArray, layout: KernelLayout): number | null {
  return shape.length === 2 ? (shape[layout === 'output-first' ? 1 : 0] ?? null) : null
}

/** fc1.weight has fc1.bias, and W1 has b1. */
function biasOf(array: NamedArray, arrays: readonly NamedArray[], layout: KernelLayout): string | null {
  const names = [array.name.replace(/(weight|kernel)$/, 'bias'), array.name.replace(/^[Ww](\d+)$/, 'b$1')]
  const found = arrays.find(({ name, shape }) => name !== array.name && names.includes(name) && shape.length === 1)
  return found !== undefined && found.values.length === outputsOf(array, layout) ? found.name : null
}

/** layer2 before layer10. */
function naturally(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)]
  for (const [i, part] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (part === other) continue
    return i % 2 === 1 ? Number(part) - Number(other) || (part < other ? -1 : 1) : part < other ? -1 : 1
  }
  return left.length - right.length
}
