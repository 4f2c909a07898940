/** A step of training as a function of tensors, and the program that an engine makes of it. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core'
import type { Tensors } from './ops.ts'
import type { Feed, FeedValues } from './recording.ts'

export type ProgramSource = {
  /** The state before the first step; the caller keeps its tensors and may dispose them after the capture. */
  readonly state: Tensors
  readonly feeds: Readonly<Record<string, Feed>>
  /** One step: from state and feeds to the next state, with the same names and shapes. Pure; called once. */
  readonly step: (state: Tensors, feeds: Tensors) => Tensors
}

export type Program = {
  /** Some steps, in place; `feeds(i)` are the values for the i-th of them, of the declared sizes. */
  advance(feeds: (i: number) => FeedValues, count?: number): void
  /**
   * Waits until the steps so far are done and these parts of the state can be read: at once on an engine that computes within the call, later on one that queues.
   * Nothing may be advanced meanwhile. Fails: 'engine-unavailable' when the device was lost or refused something.
   */
  settle(names: readonly string[]): Promise<void>
  /** A copy of one part of the state. An engine that queues has it only between a `settle` that names it and the next step. */
  read(name: string): Float32Array | Int32Array | Uint8Array
  /** The kernels of one step in order, with their attributes. */
  readonly kernels: readonly {
    readonly name: string
    readonly attributes: NamedAttrMap | undefined
    readonly shapes: readonly (readonly number[])[]
  }[]
  /** How it runs: as native calls or kernel by kernel, or as one graph of TensorFlow's, compiled by XLA or not. */
  readonly how: 'natives' | 'kernels' | 'graph' | 'xla'
  readonly because: string | null // why it runs otherwise than its engine could; null where it does not
  readonly isReused: boolean // whether an earlier capture of this process had already made it
  dispose(): void
}
