/** A reader of data files over their bytes: each table is parsed once. */
import { readClassTable, readNumericTable, type ClassTable, type Table } from '#core/formats/csv.ts'
import type { DataReader } from './data.ts'

type Source = {
  readonly bytes: (path: string) => Uint8Array
  readonly nameOf: (path: string) => string // what sentences call the file
}

export function fileReader({ bytes, nameOf }: Source): DataReader {
  const tables = new Map<string, Table>()
  const classTables = new Map<string, ClassTable>()
  const once = <T>(known: Map<string, T>, key: readonly string[], make: () => T): T => {
    const name = JSON.stringify(key)
    const found = known.get(name)
    if (found !== undefined) return found
    const made = make()
    known.set(name, made)
    return made
  }
  return {
    bytes,
    table: (path, delimiter) => once(tables, [path, delimiter], () => readNumericTable(bytes(path), { name: nameOf(path), delimiter })),
    classTable: (path, delimiter, classes) =>
      once(classTables, [path, delimiter, classes], () => readClassTable(bytes(path), { name: nameOf(path), delimiter, classes })),
  }
}
