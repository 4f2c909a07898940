import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Contender } from './contenders.ts'
import { ourName } from './ratios.ts'
import { runRounds, tolerance } from './race.ts'

const problem = { name: 'small', flops: 6e6 }

/** A contender with these milliseconds a step, one a round; a text is the sentence of a failure. */
function contender(program: string, script: readonly (number | string)[], given: Partial<Contender> = {}): Contender {
  const left = [...script]
  return {
    program,
    how: 'somehow',
    engine: program === ourName ? 'wasm' : null,
    processes: 1,
    version: '1.0',
    startSeconds: 2,
    compileSeconds: 1,
    lossDifference: null,
    burst: () => {
      const next = left.shift()
      return typeof next === 'number'
        ? Promise.resolve({ steps: 10, msPerStep: next, threads: 0.5 })
        : Promise.reject(new Refusal('engine-unavailable', next ?? 'the script is over'))
    },
    close: () => Promise.resolve(),
    ...given,
  }
}

describe('runRounds', () => {
  test('gives medians, ranges, rates and ratios to Kagami', async () => {
    const [ours, theirs] = await runRounds([contender('Kagami', [1, 2, 4]), contender('PyTorch', [3, 4, 4])], { problem, rounds: 3 })
    expect(ours).toMatchObject({
      steps: 30,
      msPerStep: { median: 2, least: 1, most: 4 },
      rounds: [1, 2, 4],
      gflops: 3, // 6 million operations in 2 ms
      ratio: { median: 1, least: 1, most: 1 },
      isMeasure: true,
    })
    expect(theirs).toMatchObject({
      problem: 'small',
      program: 'PyTorch',
      msPerStep: { median: 4, least: 3, most: 4 },
      gflops: 1.5,
      isMeasure: false,
      ratio: { median: 2, least: 1, most: 3 }, // 3/1, 4/2, 4/4
      threads: 0.5,
      startSeconds: 2,
      compileSeconds: 1,
      sentence: null,
    })
  })
  test('measures by the fastest of Kagami with one process that ends all rounds', async () => {
    const rows = await runRounds(
      [
        contender(ourName, [4, 4]),
        contender(ourName, [2, 8], { engine: 'tensorflow' }),
        contender(ourName, [1, 1], { processes: 2 }),
        contender(ourName, [0.1, 'killed'], { engine: 'cpu' }),
        contender('JAX', [1, 4]),
      ],
      { problem, rounds: 2 },
    )
    expect(rows.map(({ isMeasure }) => isMeasure)).toEqual([true, false, false, false, false])
    expect(rows[4]?.ratio).toEqual({ median: 0.625, least: 0.25, most: 1 })
  })
  test('has no ratios where Kagami has no time', async () => {
    const rows = await runRounds([contender(ourName, ['no kernel']), contender('JAX', [2])], { problem, rounds: 1 })
    expect(rows.map(({ ratio, sentence }) => [ratio, sentence])).toEqual([
      [null, 'no kernel'],
      [null, null],
    ])
  })
  test('begins each round with another', async () => {
    const turns: string[] = []
    const told = ['a', 'b', 'c'].map((name) =>
      contender(name, [], { burst: () => Promise.resolve((turns.push(name), { steps: 1, msPerStep: 1, threads: null })) }),
    )
    await runRounds(told, { problem, rounds: 4 })
    expect(turns.join('')).toBe('abcbcacababc')
  })
  test('keeps a row with the sentence of one that cannot run, and asks it no more', async () => {
    const rows = await runRounds([contender('Kagami', [1, 1]), contender('JAX', ['no package']), contender('PyTorch', [5, 'killed', 5])], {
      problem,
      rounds: 2,
    })
    expect(rows.map(({ program, sentence, msPerStep, ratio }) => [program, sentence, msPerStep, ratio])).toEqual([
      ['Kagami', null, { median: 1, least: 1, most: 1 }, { median: 1, least: 1, most: 1 }],
      ['JAX', 'no package', null, null],
      ['PyTorch', 'killed', null, null], // half a measurement is none
    ])
  })
  test('goes on with a bug as one', async () => {
    const broken = contender('PyTorch', [], { burst: () => Promise.reject(new TypeError('a bug')) })
    await expect(runRounds([contender('Kagami', [1]), broken], { problem, rounds: 1 })).rejects.toThrow(TypeError)
  })
  test.each([
    [0, true],
    [tolerance, true],
    [2 * tolerance, false],
    [Number.POSITIVE_INFINITY, false],
    [null, null],
  ])('with losses that differ by %s says %s', async (lossDifference, isSame) => {
    const [row] = await runRounds([contender('PyTorch', [1], { lossDifference })], { problem, rounds: 1 })
    expect(row?.isSame).toBe(isSame)
  })
})
