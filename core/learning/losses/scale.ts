/** A number that a loss is multiplied by, as libraries differ in it: ½ for the half mean, 1/q for the mean over outputs. Source: theory.md 0.3, 0.4. */
import { z } from 'zod'

export const lossScale = z.number().gt(0).default(1).describe('c: the loss is multiplied by it, and so is every threshold divided (γ/c)')

/** Nothing for 1. */
export function scaleTex(scale: number): string {
  return scale === 1 ? '' : `${scale}\\,`
}
