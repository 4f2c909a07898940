/**
 * Named arrays in NumPy's format .npz: a zip file whose members are .npy files. As `savez` writes it: stored, or deflated on request.
 *
 * Source: NumPy 2.4, `numpy.savez`, `numpy.savez_compressed`.
 */
import { Refusal, assert, quote } from '#core/contract/errors.ts'
import { type NpyArray, readNpy, type WritableArray, writeNpy } from './npy.ts'
import { readZip, writeZip, type ZipOptions } from './zip.ts'

const SUFFIX = '.npy'

/**
 * The arrays of a .npz file by their names, in the file's order.
 *
 * Fails: 'invalid-input' for everything that `readZip` and `readNpy` refuse, and for members that are no .npy files.
 */
export function readNpz(bytes: Uint8Array, { name, limit }: ZipOptions): ReadonlyMap<string, NpyArray> {
  const members = readZip(bytes, limit === undefined ? { name } : { name, limit })
  return new Map(
    [...members].map(([path, content]) => {
      if (!path.endsWith(SUFFIX)) throw new Refusal('invalid-input', `${name}: expected only members ${SUFFIX}, got ${quote(path)}`)
      return [path.slice(0, -SUFFIX.length), readNpy(content, { name: `${name}, ${quote(path)}` })]
    }),
  )
}

/** The bytes of a .npz file; the same arrays give the same bytes. A name that is empty or climbs out of the folder is a bug. */
export function writeNpz(
  arrays: ReadonlyMap<string, WritableArray>,
  { packing = 'stored' }: { readonly packing?: 'stored' | 'deflated' } = {},
): Uint8Array<ArrayBuffer> {
  assert(!arrays.has(''), 'writeNpz: expected names that are not empty')
  return writeZip(new Map([...arrays].map(([name, array]) => [`${name}${SUFFIX}`, writeNpy(array)])), { packing })
}
