/** What the peers are given is what Kagami trains: gradient descent in plain float64 on the file ends where Kagami's own runs do. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resources } from '#core/hosts/node.ts'
import { readNpz } from '#core/formats/npz.ts'
import { openTestWorkbench, temporaryFolder } from '#core/testing/studies.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { trainOnce } from './bench.ts'
import { writePeerProblem } from './peerProblem.ts'
import { problems } from './problems.ts'

const steps = 10

type Arrays = Readonly<Record<string, { readonly shape: readonly number[]; readonly of: (run: number) => number[] }>>

function arraysOf(bytes: Uint8Array): Arrays {
  return Object.fromEntries(
    [...readNpz(bytes, { name: 'problem' })].map(([name, { shape, values }]) => {
      const all = Array.from(values, Number)
      const size = all.length / (shape[0] ?? 1)
      return [name, { shape, of: (run) => all.slice(run * size, (run + 1) * size) }]
    }),
  )
}

const sum = (n: number, term: (i: number) => number) => Array.from({ length: n }, (_, i) => term(i)).reduce((a, b) => a + b, 0)
const at = (values: readonly number[], i: number) => values[i] ?? Number.NaN

/** The law with the derivative of f by every parameter; θ is u then w, or W [inputs, neurons] then u. */
type Law = (theta: readonly number[], x: readonly number[]) => { f: number; slopes: number[] }
const laws: Readonly<Record<string, { readonly parameters: readonly string[]; readonly law: Law }>> = {
  e1: {
    parameters: ['u', 'w'],
    law: (theta, x) => {
      const d = x.length
      const f = sum(d, (j) => at(x, j) * at(theta, j) * at(theta, d + j))
      return { f, slopes: theta.map((_, i) => at(x, i % d) * at(theta, (i + d) % (2 * d))) }
    },
  },
  e5: {
    parameters: ['layer1.weight', 'layer2.weight'],
    law: (theta, x) => {
      const [d, width] = [x.length, 32]
      const hidden = Array.from({ length: width }, (_, k) => Math.tanh(sum(d, (j) => at(x, j) * at(theta, j * width + k))))
      const f = sum(width, (k) => at(theta, d * width + k) * at(hidden, k))
      const slope = (i: number) => {
        const k = i % width
        if (i >= d * width) return at(hidden, k)
        return at(theta, d * width + k) * (1 - at(hidden, k) ** 2) * at(x, Math.floor(i / width))
      }
      return { f, slopes: theta.map((_, i) => slope(i)) }
    },
  },
}

/** The data loss of one run of the file after some steps. */
function lossOf(name: string, arrays: Arrays, run: number): number {
  const { parameters = [], law = () => ({ f: Number.NaN, slopes: [] }) } = laws[name] ?? {}
  const values = (of: string, row: number) => arrays[of]?.of(row) ?? []
  const [rows = 0, columns = 0] = arrays['x']?.shape.slice(1) ?? []
  const [x, y, gamma, rate] = [values('x', run), values('y', run), at(values('decay', run), 0), at(values('learningRate', 0), 0)]
  const row = (i: number) => x.slice(i * columns, (i + 1) * columns)
  let theta = parameters.flatMap((one) => values(one, run))
  for (let step = 0; step < steps; step += 1) {
    const gradient = theta.map((value) => 2 * gamma * value)
    for (let i = 0; i < rows; i += 1) {
      const { f, slopes } = law(theta, row(i))
      for (const [p, slope] of slopes.entries()) gradient[p] = at(gradient, p) + (2 / rows) * (f - at(y, i)) * slope
    }
    theta = theta.map((value, p) => value - rate * at(gradient, p))
  }
  return sum(rows, (i) => (law(theta, row(i)).f - at(y, i)) ** 2) / rows
}

test.each(problems.map((problem) => [problem.name, problem] as const))(
  '%s: the file holds the runs that Kagami trains',
  async (name, problem) => {
    const place = temporaryFolder()
    const open = (jobs: number) => {
      const workbench = openTestWorkbench(join(place.folder, 'own.kagami'), { jobs })
      return { workbench, close: () => workbench.close() }
    }
    try {
      const { losses } = await trainOnce({ open, clock: monotonicClock }, problem, { engine: 'wasm', processes: 1, steps })
      const arrays = arraysOf(writePeerProblem(problem, resources))
      expect(losses).toHaveLength(problem.runs)
      expect(arrays['x']?.shape[0]).toBe(problem.runs)
      for (const run of [7, problem.runs - 1]) {
        const expected = lossOf(name, arrays, run)
        // float32 against float64: about steps · 2⁻²⁴ of the loss, 6e-7; ten times that
        expect(Math.abs((losses[run] ?? Number.NaN) - expected) / expected, `run ${run}`).toBeLessThan(6e-6)
      }
    } finally {
      place.remove()
    }
  },
)
