/** What a data set is: rows of inputs and of targets, in float64, already split and standardised. */
import { z } from 'zod'
import type { Words } from '#core/contract/values.ts'
import type { Key } from '#core/numerics/random/key.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import type { ClassTable, Table } from '#core/formats/csv.ts'
import type { Kind } from '../kind.ts'

/** Rows of one part of a data set: x [rows, inputs], y [rows, outputs]. Of a class y is one-hot. */
export type Part = { readonly x: Matrix; readonly y: Matrix }

export type Dataset = {
  readonly features: readonly string[] // names of the columns of x
  readonly targets: readonly string[] // names of the columns of y; of classes their names
  readonly item?: readonly number[] // the shape that a row of x has in its file, where that says one
  readonly train: Part
  readonly validation: Part | null
  readonly test: Part | null
}

/** Reads the files that a study names by their path; the host has the bytes. */
export type DataReader = {
  /** The numbers of a CSV file, its cells told apart by `delimiter`. */
  table(path: string, delimiter: string): Table
  /** The same of a file with a column of classes. */
  classTable(path: string, delimiter: string, classes: string): ClassTable
  bytes(path: string): Uint8Array
}

/** What is known of a data set without making it. */
export type DataTraits = {
  readonly hasValidation: boolean
  readonly hasTest: boolean
  readonly isClassification: boolean
  readonly hasImages: boolean // rows of x are pixels, channels last
  readonly hasManyOutputs: boolean // more than one column of y, or a number of them that only the file tells
}

/**
 * A kind of data. `make` gives one run's data: the same key gives the same bytes. `isShared` tells whether every key gives the
 * same training part, so that a stack holds it once.
 */
export type DataKind<Schema extends z.ZodType = z.ZodType> = Kind<Schema> & {
  /** The files that it reads, by the paths written in the study. Such a kind has a field `sha256`, path → hash, written when the study is frozen. */
  files(settings: z.output<Schema>): readonly string[]
  /** Its size or its file, for a report. */
  describe(settings: z.output<Schema>): Words
  isShared(settings: z.output<Schema>): boolean
  traits(settings: z.output<Schema>): DataTraits
  make(settings: z.output<Schema>, key: Key, read: DataReader): Dataset
}

/** The hashes of files, as a frozen study names their bytes. */
export const fileHashes = z
  .record(z.string(), z.string().regex(/^[0-9a-f]{64}$/))
  .optional()
  .describe('SHA-256 of every file; written by the program when the study is frozen, refused when a file differs')

/** Words that are the same in both languages. */
export function sameWords(text: string): Words {
  return { en: text, ja: text }
}

/** Traits of data with one number to predict and a training part alone. */
export const plainTraits: DataTraits = {
  hasValidation: false,
  hasTest: false,
  isClassification: false,
  hasImages: false,
  hasManyOutputs: false,
}

/** Names x1 … xd, or y1 … yq; a single target is y. */
export function columnNames(letter: 'x' | 'y', count: number): readonly string[] {
  return letter === 'y' && count === 1 ? ['y'] : Array.from({ length: count }, (_, j) => `${letter}${j + 1}`)
}
