/** What the benchmark trains: problems that are one program each, and two sweeps of the presets, as their users run them, without their controls. */
import { trainingFlops, type Layer } from './flops.ts'
import type { Problem } from './problem.ts'
import { convolutionProblem, factorisation, perceptronProblem } from './singles.ts'

/** E1: u ⊙ w on 60 × 12 data of its own, 8 decays × 10 seeds. E5: a tanh student of width 32 on 200 × 5, 8 decays × 5 seeds. */
export const problems: readonly Problem[] = [
  factorisation(1),
  factorisation(16),
  factorisation(256),
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
  perceptronProblem(),
  convolutionProblem(),
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
    isSweep: true,
    mostParts: levels.length,
    files: () => ({}),
    studies: (parts, { steps = all, metric = 'loss' } = {}) =>
      Array.from({ length: parts }, (_, part) => ({
        preset,
        overrides: [
          `name=${name}-${part + 1}-of-${parts}`,
          `factors=${JSON.stringify({ 'regularisation.weightDecay': levels.filter((_level, i) => i % parts === part) })}`,
          `seeds.count=${seeds}`,
          `training.steps=${steps}`,
          `training.record.every=${steps}`,
          `measure=["${metric}"]`,
          'gates=[]',
        ],
      })),
  }
}
