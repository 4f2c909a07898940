/** What the benchmark trains: two sweeps of the presets, as their users run them, without their controls. */
import type { StudySource } from '#core/contract/studies.ts'

export type Problem = {
  readonly name: string
  readonly what: string
  readonly preset: string
  readonly runs: number
  readonly steps: number
  readonly mostParts: number
  /** The sweep as one study, or its levels dealt out to several, at most `mostParts`, that train beside each other; of all its steps, or of the first. */
  studies(parts: number, steps?: number): readonly StudySource[]
}

/** E1: u ⊙ w on 60 × 12 data of its own, 8 decays × 10 seeds. E5: a tanh student of width 32 on 200 × 5, 8 decays × 5 seeds. */
export const problems: readonly Problem[] = [
  sweep({
    name: 'e1',
    what: 'u ⊙ w on 60 × 12, 80 runs × 40,000 steps',
    preset: 'rescaling-sparsity',
    levels: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
    seeds: 10,
    steps: 40_000,
  }),
  sweep({
    name: 'e5',
    what: 'tanh student of width 32 on 200 × 5, 40 runs × 30,000 steps',
    preset: 'permutation-homogeneity',
    levels: [0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1],
    seeds: 5,
    steps: 30_000,
  }),
]

type Sweep = {
  readonly name: string
  readonly what: string
  readonly preset: string
  readonly levels: readonly number[]
  readonly seeds: number
  readonly steps: number
}

function sweep({ name, what, preset, levels, seeds, steps: all }: Sweep): Problem {
  return {
    name,
    what,
    preset,
    runs: levels.length * seeds,
    steps: all,
    mostParts: levels.length,
    studies: (parts, steps = all) =>
      Array.from({ length: parts }, (_, part) => ({
        preset,
        overrides: [
          `name=${name}-${part + 1}-of-${parts}`,
          `factors=${JSON.stringify({ 'regularisation.weightDecay': levels.filter((_level, i) => i % parts === part) })}`,
          `seeds.count=${seeds}`,
          `training.steps=${steps}`,
          `training.record.every=${steps}`,
          'measure=["loss"]',
          'gates=[]',
        ],
      })),
  }
}
