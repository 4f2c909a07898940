/** What the peers are given is what Kagami trains: gradient descent in plain float64 on the file ends where Kagami's own runs do. */
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { resources } from '#core/hosts/node.ts'
import { readIdx } from '#core/formats/idx.ts'
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

/** The loss ‖UV − Y‖² of one run of the file after some steps on it and the decay. */
function factorisedLoss(arrays: Arrays, run: number): number {
  const [n, width] = [32, 16]
  const [u, v, y] = ['u', 'v', 'y'].map((name) => arrays[name]?.of(run) ?? []) as [number[], number[], number[]] // as many as names
  const [gamma, rate] = [at(arrays['decay']?.of(run) ?? [], 0), at(arrays['learningRate']?.of(0) ?? [], 0)]
  const error = () => y.map((value, ij) => sum(width, (k) => at(u, Math.floor(ij / n) * width + k) * at(v, k * n + (ij % n))) - value)
  for (let step = 0; step < steps; step += 1) {
    const e = error()
    const ofU = u.map(
      (value, ik) => 2 * gamma * value + 2 * sum(n, (j) => at(e, Math.floor(ik / width) * n + j) * at(v, (ik % width) * n + j)),
    )
    const ofV = v.map((value, kj) => 2 * gamma * value + 2 * sum(n, (i) => at(e, i * n + (kj % n)) * at(u, i * width + Math.floor(kj / n))))
    for (const [i, slope] of ofU.entries()) u[i] = at(u, i) - rate * slope
    for (const [i, slope] of ofV.entries()) v[i] = at(v, i) - rate * slope
  }
  return error().reduce((all, value) => all + value ** 2, 0)
}

test.each(problems.filter(({ name }) => ['e1', 'e5', 'mf-16'].includes(name)).map((problem) => [problem.name, problem] as const))(
  '%s: the file holds the runs that Kagami trains',
  async (name, problem) => {
    const place = temporaryFolder()
    const open = (jobs: number) => {
      const workbench = openTestWorkbench(join(place.folder, 'own.kagami'), { jobs })
      return { workbench, close: () => workbench.close() }
    }
    try {
      const { losses } = await trainOnce({ open, clock: monotonicClock }, problem, { engine: 'wasm', processes: 1, steps })
      const arrays = arraysOf(writePeerProblem(problem, { resources, folder: place.folder }))
      expect(losses).toHaveLength(problem.runs)
      expect(arrays['x']?.shape[0]).toBe(problem.runs)
      for (const run of [7, problem.runs - 1]) {
        const expected = problem.law === 'factorisation' ? factorisedLoss(arrays, run) : lossOf(name, arrays, run)
        // float32 against float64: about steps · 2⁻²⁴ of the loss, 6e-7; ten times that
        expect(Math.abs((losses[run] ?? Number.NaN) - expected) / expected, `run ${run}`).toBeLessThan(6e-6)
      }
    } finally {
      place.remove()
    }
  },
)

describe.each(problems.filter(({ name }) => ['mlp', 'conv'].includes(name)))('$name', (problem) => {
  const place = temporaryFolder()
  afterAll(() => place.remove())
  const files = problem.files()
  for (const [name, bytes] of Object.entries(files)) place.write(name, bytes)
  const arrays = arraysOf(writePeerProblem(problem, { resources, folder: place.folder }))
  const items = readIdx(files['items'] ?? new Uint8Array(), { name: 'items' })
  const rows = items.shape[0] ?? 0

  test('has its items standardised, with their classes', () => {
    expect(arrays['x']?.shape).toEqual([1, rows, items.values.length / rows])
    const values = Float64Array.from(Array.from(items.values, Number))
    const mean = values.reduce((all, value) => all + value, 0) / values.length
    const deviation = Math.sqrt(values.reduce((all, value) => all + (value - mean) ** 2, 0) / values.length)
    const x = arrays['x']?.of(0) ?? []
    for (const i of [0, 1, values.length - 1]) expect(at(x, i)).toBeCloseTo((at([...values.subarray(i, i + 1)], 0) - mean) / deviation, 5)
    expect(arrays['y']?.of(0).slice(0, 20)).toEqual([1, ...new Array<number>(10).fill(0), 1, ...new Array<number>(8).fill(0)]) // 0, then 1
  })
  test('has batches that see every row once before any twice, for as many steps as are compared', () => {
    const [steps = 0, size = 0] = arrays['batches']?.shape ?? []
    expect(steps).toBe(problem.comparedSteps)
    const epoch = Array.from({ length: rows / size }, (_, step) => arrays['batches']?.of(step) ?? []).flat()
    expect(epoch.toSorted((a, b) => a - b)).toEqual([...new Array<number>(rows).keys()])
  })
  test('has the strides of its convolutions alone', () => {
    const strides = [0, 1, 2].flatMap((layer) => arrays['strides']?.of(layer) ?? [])
    expect(strides).toEqual(problem.law === 'convolutional' ? [1, 2, 1] : [])
  })
})
