/**
 * The float64 engine's place in tfjs: where tensors live and which kernels compute with them.
 *
 * tfjs knows a backend by name; what it calls a tensor of dtype 'float32' holds float64 here. Two things would silently be wrong and are bugs instead: a tensor of another
 * engine in a float64 kernel or the reverse (tfjs would move it, and wasm would read the bytes of float64 as float32), and a number that tfjs rounded to
 * float32 before it came here.
 */
import { getKernel, KernelBackend, registerKernel, type DataId, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import { assert } from '#core/contract/errors.ts'
import { sizeOf, type Block, type Dtype, type Kernel, type Values } from './block.ts'
import { arrangement } from './kernels/arrangement.ts'
import { convolutions } from './kernels/convolution.ts'
import { elementwise } from './kernels/elementwise.ts'
import { indexing } from './kernels/indexing.ts'
import { batchMatMul } from './kernels/matMul.ts'
import { poolings } from './kernels/pooling.ts'
import { reductions } from './kernels/reductions.ts'

export const backendName = 'float64'

const kernels: Readonly<Record<string, Kernel>> = {
  ...arrangement,
  ...convolutions,
  ...elementwise,
  ...indexing,
  ...poolings,
  ...reductions,
  BatchMatMul: batchMatMul,
}
export const kernelNames: readonly string[] = Object.keys(kernels)

type Entry = { readonly values: Values; readonly dtype: Dtype; references: number }

/** tfjs types its numbers as float32 at most; the arrays that pass through are read as what they are. */
type TfjsValues = ReturnType<KernelBackend['readSync']>

export class Float64Backend extends KernelBackend {
  readonly #entries = new Map<DataId, Entry>()

  override write(values: TfjsValues, shape: number[], dtype: DataType): DataId {
    const kind = numeric(dtype)
    assert(values.length === sizeOf(shape), `float64: expected ${sizeOf(shape)} values for shape [${shape.join()}], got ${values.length}`)
    return this.#add(ownValues(values, kind), kind)
  }

  /** The tensor of a kernel's result. */
  keep({ shape, dtype, values }: Block): TensorInfo {
    return { dataId: this.#add(values, dtype), shape: [...shape], dtype }
  }

  /** A tensor as a kernel sees it. */
  block({ dataId, shape, dtype }: TensorInfo): Block {
    return { shape, dtype: numeric(dtype), values: this.#entry(dataId).values }
  }

  /** A copy. */
  override readSync(dataId: DataId): TfjsValues {
    return this.#entry(dataId).values.slice() as unknown as TfjsValues // see TfjsValues
  }

  override async read(dataId: DataId): Promise<TfjsValues> {
    return this.readSync(dataId)
  }

  override numDataIds(): number {
    return this.#entries.size
  }

  override refCount(dataId: DataId): number {
    return this.#entries.get(dataId)?.references ?? 0
  }

  override incRef(dataId: DataId): void {
    this.#entry(dataId).references += 1
  }

  /** Whether the data is gone. Only a move to another engine forces. */
  override disposeData(dataId: DataId, force = false): boolean {
    assert(!force, 'float64: a tensor made inside inFloat64 is used by another engine; read its numbers instead')
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return true
    entry.references -= 1
    return entry.references <= 0 && this.#entries.delete(dataId)
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false }
  }

  /** The most that tfjs has a name for; it derives nothing from it but `epsilon`. */
  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return Number.EPSILON
  }

  override dispose(): void {
    this.#entries.clear()
  }

  #add(values: Values, dtype: Dtype): DataId {
    const dataId = {}
    this.#entries.set(dataId, { values, dtype, references: 1 })
    return dataId
  }

  #entry(dataId: DataId): Entry {
    const entry = this.#entries.get(dataId)
    assert(entry !== undefined, 'float64: a tensor of another engine is used inside inFloat64; make it there with tensor()')
    return entry
  }
}

/** Makes the kernels known to tfjs, once for each process. */
export function registerKernels(): void {
  for (const [kernelName, kernel] of Object.entries(kernels)) {
    if (getKernel(kernelName, backendName) != null) continue
    registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) => {
        const store = backend as Float64Backend // kernels of this name run on this backend only
        const given = Object.entries(inputs).flatMap(([name, info]) => (info == null ? [] : [[name, store.block(info)] as const]))
        const out = kernel(Object.fromEntries(given), attrs)
        return isList(out) ? out.map((block) => store.keep(block)) : store.keep(out)
      },
    })
  }
}

function isList(out: Block | readonly Block[]): out is readonly Block[] {
  return Array.isArray(out)
}

function numeric(dtype: DataType): Dtype {
  assert(dtype === 'float32' || dtype === 'int32' || dtype === 'bool', `float64: expected numbers or truth values, got ${dtype}`)
  return dtype
}

/** The numbers of a new tensor, never shared with the caller. */
function ownValues(values: TfjsValues, dtype: Dtype): Values {
  const numbers = values as unknown as Values | Float32Array // strings were refused by their dtype; see TfjsValues
  if (dtype === 'int32') return Int32Array.from(numbers)
  if (dtype === 'bool') return Uint8Array.from(numbers)
  if (numbers instanceof Float32Array) refuseRounded(numbers)
  return Float64Array.from(numbers)
}

/**
 * tfjs turns numbers that are passed in place of tensors into float32, `mul(x, 0.1)`, without a way to see it coming. What arrives as float32 and is no short binary fraction
 * (whole numbers to 2²⁴ in steps of 2⁻¹⁰, which are exact) was rounded.
 */
function refuseRounded(values: Float32Array): void {
  for (const value of values) {
    const isShort = !Number.isFinite(value) || (Math.abs(value) <= 2 ** 24 && Number.isInteger(value * 2 ** 10))
    assert(
      isShort,
      `float64: a number near ${value} was rounded to float32 on its way into an operation; make it with scalar() or tensor()`,
    )
  }
}
