/** For the tests of data: a reader that has no file. A test spreads it and adds what its data may read. */
import type { DataReader } from './data.ts'

/** Fails: a bug's sentence as soon as anything is read. */
export const noFiles: DataReader = new Proxy({} as DataReader, { get: refuse }) // whatever is asked for throws

function refuse(_: DataReader, name: string | symbol): never {
  throw new Error(`bug: data that is drawn asks its reader for ${String(name)}`)
}
