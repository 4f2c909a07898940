/** Studies whose design is a bisection: their cells, their name and what is refused. */
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import type { Asked } from './designs/bisectionDesign.ts'
import { factorsOf } from './factors.ts'
import { freezeStudy, readStudy, runCounts, type Study } from './study.ts'

const text = `
kagami: 1
name: small
model: { kind: product-linear }
data: { kind: sparse-linear, samples: 8, features: 3, coefficients: [1] }
optimiser: { kind: sgd, learningRate: 0.1 }
training: { steps: 100 }
`
const noFile = (path: string): string => {
  throw new Error(`no study here names the file ${path}`)
}
const read = (more: string, overrides: readonly string[] = []) => readStudy({ text: text + more, name: 'study.yaml', overrides })
const freeze = (more: string, overrides: readonly string[] = []): Study => freezeStudy(read(more, overrides), noFile)

describe('a bisection', () => {
  const above = 'above: { metric: parameter-norm, atMost: 0.001 }'
  const factor = 'factor: regularisation.weightDecay'
  const design = (more = '') => `design: { kind: bisection, ${factor}, from: 0.01, to: 1, precision: 0.1, scale: log, ${above}${more} }\n`
  const models = 'factors: { model: [{ kind: linear }, { kind: product-linear }] }\n'
  const freezeAsked = (asked?: Asked) => freezeStudy(read(models + design() + 'seeds: { count: 3 }\n'), noFile, asked)
  const valuesOf = ({ cells }: Study) => cells.map(({ levels }) => levels.map(({ label }) => label))

  test('has both ends of every combination of its factors, with the number that is varied last', () => {
    const study = freezeAsked()
    expect(valuesOf(study)).toEqual([
      ['linear', '0.01'],
      ['linear', '1'],
      ['product-linear', '0.01'],
      ['product-linear', '1'],
    ])
    expect(study.cells.map((cell) => cell.study.regularisation.weightDecay)).toEqual([0.01, 1, 0.01, 1])
    expect(study.file.factors).not.toHaveProperty('regularisation.weightDecay')
    // ln(100) / ln(1.1) = 48.3: 6 halvings
    expect(runCounts(study)).toEqual({ least: 2 * 3 * 2, most: (2 + 6) * 3 * 2 })
  })

  test('keeps its name and every cell as levels are asked, of one combination only', () => {
    const [before, after] = [freezeAsked(), freezeAsked(([model]) => (atKind(model) === 'linear' ? [0.1, 0.03162277660168379] : []))]
    expect([after.id, after.hash]).toEqual([before.id, before.hash])
    expect(valuesOf(after).map((labels) => labels.join(' '))).toEqual([
      'linear 0.01',
      'linear 0.0316',
      'linear 0.1',
      'linear 1',
      'product-linear 0.01',
      'product-linear 1',
    ])
    const hashes = (study: Study) => new Map(study.cells.map(({ levels, hash }) => [JSON.stringify(levels), hash]))
    for (const [levels, hash] of hashes(before)) expect(hashes(after).get(levels)).toBe(hash)
    expect(runCounts(after)).toEqual(runCounts(before))
    expect(freezeStudy(after.file, noFile)).toEqual(before)
    expect(
      factorsOf(freezeAsked(([model]) => (atKind(model) === 'linear' ? [] : [0.1])))
        .at(-1)
        ?.levels.map(({ value }) => value),
    ).toEqual([0.01, 0.1, 1])
  })

  test('has another name for another bracket or another rule of what is above', () => {
    const { hash } = freeze(design())
    for (const override of ['design.from=0.02', 'design.precision=0.2', 'design.above.atMost=0.01', 'design.above.over=last-half'])
      expect(freeze(design(), [override]).hash).not.toBe(hash)
  })

  test.each([
    [
      'factors={"regularisation.weightDecay": [0]}',
      'design.factor: expected a path that is not under factors, since the design varies it, got "regularisation.weightDecay"',
    ],
    [
      'design.factor=regularisation.weightDecya',
      'got "regularisation.weightDecya"; regularisation.weightDecya: unknown field; did you mean weightDecay?',
    ],
    ['design.factor=model', 'design.factor: expected the path of a number that may be anything from 0.01 to 1, got "model"'],
    ['design.factor=model.kind', 'design.factor: expected the path of a number that may be anything from 0.01 to 1, got "model.kind"'],
    ['design.factor=training.steps', 'training.steps: expected a whole number'],
    ['design.factor=seeds.base', 'design.factor: expected a field of model, reparametrise'],
    ['design.factor=optimiser.momentum', 'optimiser.momentum: expected a number'], // 1 is no momentum
    ['design.above.metric=mirror', 'design.above.metric: expected a metric that the runs record, got "mirror"'],
    ['design.to=0.01', 'design.to: expected from < to, got 0.01'],
    ['design.from=2', 'design.to: expected from < to, got 1'],
    ['design.from=0', 'design.from: expected from > 0 on a log scale, got 0'],
    ['design.precision=2e-7', 'design.precision: expected at most 24 rounds of halving, got 25'], // log₂(ln 100 / 2·10⁻⁷) = 24.5
    ['design.precision=1e-8', 'design.precision: expected at least 5.960464477539063e-8, which levels in float32 can tell apart, got 1e-8'],
    ['design.above.atLeast=1', 'design.above: expected exactly one of atMost and atLeast'],
    [
      'constraints=["regularisation.weightDecay < 0.5"]',
      'constraints: expected every level of a bisection or none to be left, got none at regularisation.weightDecay 1',
    ],
    ['seeds.count=20000', 'factors × seeds: expected at most 100000 runs, got 160000'],
  ])('--set %s is refused: %s', (override, sentence) => {
    const refused = refusalOf(() => freeze(design(), [override]))
    expect(refused?.code).toBe('invalid-input')
    expect(refused?.problems).toEqual([]) // one sentence
    expect(refused?.message).toContain(sentence)
  })

  test.each([
    { scale: 'linear', from: 0.999, to: 1, finest: 2 ** -24 },
    { scale: 'linear', from: 0.125, to: 0.126, finest: 0.126 * 2 ** -24 },
    { scale: 'log', from: 0.125, to: 0.126, finest: 2 ** -24 }, // relative to each level
  ])('on a $scale scale from $from to $to a precision that float32 cannot tell apart is refused', ({ scale, from, to, finest }) => {
    const bracket = [`design.scale=${scale}`, `design.from=${from}`, `design.to=${to}`]
    const frozen = (precision: number) => () => freeze(design(), [...bracket, `design.precision=${precision}`])
    expect(refusalOf(frozen(finest * 0.999))?.message).toContain('which levels in float32 can tell apart')
    expect(frozen(finest)).not.toThrow()
    const below = Math.fround(to) * (1 - (0.5 * finest) / (scale === 'log' ? 1 : to)) // half as far from a level as the finest precision
    expect(Math.fround(below)).toBe(Math.fround(to)) // a tie goes to the even one of the two, which `to` is in each row
  })

  test('may lie in a part that another factor varies, and takes none of its combinations under a constraint', () => {
    const study = freeze(
      `factors: { data.samples: [8, 16] }\nconstraints: ['data.samples > 8']\n${design().replace('regularisation.weightDecay', 'optimiser.learningRate')}`,
    )
    expect(study.cells.map((cell) => [cell.study.data, cell.study.optimiser.learningRate])).toMatchObject([
      [{ samples: 16 }, 0.01],
      [{ samples: 16 }, 1],
    ])
  })
})

function atKind(model: Json | undefined): unknown {
  return typeof model === 'object' && model !== null && 'kind' in model ? model['kind'] : undefined
}

function refusalOf(action: () => unknown): Refusal | null {
  try {
    action()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}
