/** A problem of the benchmark: runs that this program and its peers train alike. */
import type { StudySource } from '#core/contract/studies.ts'

/** What the runs compute, by the name under which the peers know it (peers/problems.py). */
export type Law = 'products' | 'neurons' | 'factorisation' | 'perceptron' | 'convolutional'

export type StudyGiven = {
  readonly steps?: number
  readonly folder?: string // with the problem's files
  readonly metric?: 'loss' | 'norm' // recorded before the first and after the last step; the loss unless given: of all data, it may take longer than the steps
}

export type Problem = {
  readonly name: string
  readonly what: string
  readonly law: Law
  readonly runs: number
  readonly steps: number
  readonly flops: number // of one step of all runs, see `trainingFlops`
  /** Steps after which losses are compared: in the middle of the descent, where another rate or decay still shows. */
  readonly comparedSteps: number
  readonly isSweep: boolean // whether it has an end that somebody waits for
  readonly mostParts: number
  /** The files that it reads, by their names; to be written into the folder that `studies` is told. */
  files(): Readonly<Record<string, Uint8Array>>
  /** The runs as one study, or dealt out to several, at most `mostParts`, that train beside each other; of all steps, or of the first. */
  studies(parts: number, given?: StudyGiven): readonly StudySource[]
}
