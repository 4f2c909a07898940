/**
 * Fresh random numbers for every step, drawn several steps at a time: a draw of one number costs as much as one of fifty.
 *
 * Steps are drawn in blocks of B = clamp(⌊4096/count⌋, 1, 64), block ⌊t/B⌋ as one draw of the key, so that a step can be asked for without
 * the steps before it.
 */
import type { Key } from '#core/numerics/random/key.ts'

/** [count] numbers of a draw. */
export type Draw = (key: Key, count: number, block: number) => Float64Array

export type StepDraws = (step: number) => Float64Array

/** The `count` numbers of each step; the last block is kept. */
export function stepDraws(key: Key, count: number, draw: Draw): StepDraws {
  const steps = Math.max(1, Math.min(64, Math.floor(4096 / Math.max(1, count))))
  let kept: { block: number; values: Float64Array } = { block: -1, values: new Float64Array() }
  return (step) => {
    const block = Math.floor(step / steps)
    if (block !== kept.block) kept = { block, values: draw(key, count * steps, block) }
    return kept.values.subarray((step % steps) * count, ((step % steps) + 1) * count)
  }
}
