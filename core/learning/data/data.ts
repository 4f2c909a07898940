/** What a data set is: rows of features and one target each, in float64, already split and standardised. */
import type { z } from 'zod'
import type { Key } from '#core/numerics/random/key.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { Table } from '#core/formats/csv.ts'
import type { Kind } from '../kind.ts'

/** Rows of one part of a data set: x [rows, features], y [rows]. */
export type Part = { readonly x: Matrix; readonly y: Float64Array }

export type Dataset = {
  readonly features: readonly string[]
  readonly target: string
  readonly train: Part
  readonly validation: Part | null
  readonly test: Part | null
}

/** The table read from the file that a study names by `path`, its cells told apart by `delimiter`; the host reads the bytes. */
export type Tables = (path: string, delimiter: string) => Table

/**
 * A kind of data. `make` gives one run's data: the same key gives the same bytes. `isShared` tells whether every key gives the
 * same training part, so that a stack holds it once.
 */
export type DataKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  files(settings: z.output<Schema>): readonly string[]
  isShared(settings: z.output<Schema>): boolean
  make(settings: z.output<Schema>, key: Key, tables: Tables): Dataset
}
