/** What the benchmark trains: two sweeps of the presets, as their users run them, without their controls. */
import type { StudySource } from '#core/contract/studies.ts'
import { trainingFlops, type Layer } from './flops.ts'

/** What the runs compute, by the name under which the peers know it (peers/problems.py). */
export type Law = 'products' | 'neurons'

export type Problem = {
  readonly name: string
  readonly what: string
  readonly law: Law
  readonly runs: number
  readonly steps: number
  readonly flops: number // of one step of all runs, see `trainingFlops`
  /** Steps after which losses are compared: in the middle of the descent, where another rate or decay still shows. */
  readonly comparedSteps: number
  readonly mostParts: number
  /** The runs as one study, or dealt out to several, at most `mostParts`, that train beside each other; of all steps, or of the first. */
  studies(parts: number, steps?: number): readonly StudySource[]
}

/** E1: u ⊙ w on 60 × 12 data of its own, 8 decays × 10 seeds. E5: a tanh student of width 32 on 200 × 5, 8 decays × 5 seeds. */
export const problems: readonly Problem[] = [
  sweep({
    name: 'e1',
    what: 'u ⊙ w on 60 × 12, 80 runs × 40,000 steps',
    law: 'products',
    preset: 'rescaling-sparsity',
    levels: [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
    seeds: 10,
    steps: 40_000,
    rows: 60,
    layers: [{ inputs: 12, outputs: 1 }],
  }),
  sweep({
    name: 'e5',
    what: 'tanh student of width 32 on 200 × 5, 40 runs × 30,000 steps',
    law: 'neurons',
    preset: 'permutation-homogeneity',
    levels: [0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1],
    seeds: 5,
    steps: 30_000,
    rows: 200,
    layers: [
      { inputs: 5, outputs: 32 },
      { inputs: 32, outputs: 1 },
    ],
  }),
]

type Sweep = Pick<Problem, 'name' | 'what' | 'law' | 'steps'> & {
  readonly preset: string
  readonly levels: readonly number[]
  readonly seeds: number
  readonly rows: number
  readonly layers: readonly Layer[]
}

function sweep({ name, what, law, preset, levels, seeds, steps: all, rows, layers }: Sweep): Problem {
  const runs = levels.length * seeds
  return {
    name,
    what,
    law,
    runs,
    steps: all,
    flops: runs * trainingFlops(rows, layers),
    comparedSteps: 500,
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
