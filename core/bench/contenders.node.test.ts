import { describe, expect, test } from 'vitest'
import { waysOf } from './contenders.ts'
import { problems } from './problems.ts'

const waysFor = (name: string) =>
  problems.filter((problem) => problem.name === name).flatMap((problem) => waysOf(problem).map(({ peer, way }) => `${peer} ${way}`))

describe('waysOf', () => {
  test('stacks the runs of a sweep, and trains them one after another too', () => {
    expect(waysFor('e1')).toEqual(['pytorch loop', 'pytorch eager', 'pytorch compiled', 'jax scan', 'tensorflow graph', 'tensorflow xla'])
  })
  test('has nothing to train one after another where there is one run, nor where it would take minutes', () => {
    for (const name of ['mf-1', 'mf-256', 'mlp']) expect(waysFor(name)).not.toContain('pytorch loop')
  })
  test('compiles a step of a network alone as well', () => {
    expect(waysFor('mlp')).toContain('jax step')
    expect(waysFor('e5')).not.toContain('jax step')
  })
  test('leaves convolutions in a loop of XLA out', () => {
    expect(waysFor('conv')).toEqual(['pytorch eager', 'pytorch compiled', 'jax step', 'tensorflow graph'])
  })
  test('names each way of a problem once', () => {
    for (const problem of problems) {
      const names = waysOf(problem).map(({ program, how }) => `${program} ${how}`)
      expect(new Set(names).size).toBe(names.length)
    }
  })
})
