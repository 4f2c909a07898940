/** The vectors of a run at its end: the model's effective coefficients, the oracle's, and the oracle's margin at each. */
import { crc32 } from 'node:zlib'
import type { Coefficients } from '#core/contract/studies.ts'
import { bytesOf, floatsOf } from './chunk.ts'
import { query, type Readable, type Writable } from './statements.ts'
import { damaged } from './storeErrors.ts'

export type RunVectors = {
  readonly names: readonly string[]
  readonly measured: Float64Array
  readonly predicted: Float64Array | null
  readonly margin: Float64Array | null
}

const vectorNames = ['measured', 'predicted', 'margin'] as const
type VectorName = (typeof vectorNames)[number]
export type VectorRow = {
  readonly run: string
  readonly name: VectorName
  readonly names: string
  readonly data: Buffer
  readonly checksum: number
}

/** Writes the vectors of one run over what it had. */
export function writeCoefficients(db: Writable, run: string, vectors: RunVectors): void {
  query(db, 'DELETE FROM vectors WHERE run_id = :run').run({ run })
  for (const name of vectorNames) {
    const values = vectors[name]
    if (values === null) continue
    const data = bytesOf(values)
    query(db, 'INSERT INTO vectors (run_id, name, names_json, data, checksum) VALUES (:run, :name, :names, :data, :checksum)').run({
      run,
      name,
      names: JSON.stringify(vectors.names),
      data,
      checksum: crc32(data),
    })
  }
}

/** The vectors of the runs of a study that have ended with some, in the order of the plan. */
export function readCoefficients(db: Readable, study: string): readonly Coefficients[] {
  const rows = query<VectorRow>(
    db,
    `SELECT v.run_id AS run, v.name, v.names_json AS names, v.data, v.checksum FROM runs r JOIN vectors v ON v.run_id = r.id
      WHERE r.study_id = :study ORDER BY r.number`,
  ).all({ study })
  const found = new Map<string, Coefficients>()
  for (const row of rows) {
    const of = found.get(row.run) ?? emptyCoefficients(row)
    found.set(row.run, { ...of, [row.name]: decodeVector(row) })
  }
  return [...found.values()]
}

/** The numbers of a row. Refuses damage. */
export function decodeVector({ run, name, data, checksum }: VectorRow): Float64Array {
  if (data.byteLength % 8 !== 0 || crc32(data) !== checksum) throw damaged(`run ${run}, vector ${name}`, `bytes with checksum ${checksum}`)
  return floatsOf(data)
}

function emptyCoefficients({ run, names }: VectorRow): Coefficients {
  const list = JSON.parse(names) as string[] // written by writeCoefficients from a list of texts
  return { run, names: list, measured: new Float64Array(0), predicted: null, margin: null }
}
