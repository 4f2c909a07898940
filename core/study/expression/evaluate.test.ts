import { describe, expect, test } from 'vitest'
import type { Json } from '#core/contract/values.ts'
import { evaluate, holds, lookupIn, pathsOf } from './evaluate.ts'
import { parseExpression } from './parseExpression.ts'
import type { Value } from './syntax.ts'

const study: Json = {
  model: { kind: 'product-linear', depth: 2, init: { std: 0.5 } },
  data: { noise: 0.3, coefficients: [1.5, -2] },
  optimiser: { learningRate: 0.1, batch: 'full' },
  regularisation: { weightDecay: 0.5 },
  training: { isQuick: true, limit: null },
  'test-loss': 0.25,
  'odd name': { and: 7 },
}
const valueOf = (text: string): Value => evaluate(parseExpression(text), lookupIn(study))
describe('evaluate', () => {
  test.each<[string, Value]>([
    ['regularisation.weightDecay * optimiser.learningRate < 0.1', true],
    ['model.depth == 2 or data.noise <= 0.1', true],
    ["model.kind != 'linear'", true],
    ['model.kind == "product-linear" and not (model.depth > 2)', true],
    ['data.coefficients[1]', -2],
    ['test-loss < 0.3', true],
    ['test-loss - 0.25', 0],
    ['["odd name"].and', 7],
    ["['odd name']['and'] + 1", 8],
    ['data["noise"]', 0.3],
    ['1 + 2 * 3', 7],
    ['8 / 4 / 2', 1],
    ['8 - 4 - 2', 2],
    ['-2 ^ 2', -4],
    ['(-2) ^ 2', 4],
    ['2 ^ 3 ^ 2', 512],
    ['2 ^ -1 * 4', 2],
    ['2 * -3', -6],
    ['--3', 3],
    ['not 1 == 2', true],
    ['not not true', true],
    ['true or false and false', true],
    ['.5 + 5e-1 + 1E+1', 11],
    ['abs(-3) + sqrt(16) + min(3, 1, 2) + max(4)', 12],
    ['log10(1000) + log(exp(2))', 5],
    ["'it\\'s \\u0041\\n'", "it's A\n"],
    ['"日本語" == \'日本語\'', true],
    ['max == max', true], // without ( the name of a function is a path
  ])('%s is %j', (text, value) => {
    const record = { ...(study as object), max: 1 } as Json // the study above is an object
    expect(evaluate(parseExpression(text), lookupIn(record))).toBe(value)
  })

  test('numbers are those of IEEE 754: a comparison with NaN is false, != is true', () => {
    expect(valueOf('1 / 0')).toBe(Infinity)
    expect(valueOf('log(-1)')).toBe(Number.NaN)
    for (const text of ['log(-1) < 1', 'log(-1) >= 1', 'log(-1) == log(-1)']) expect(valueOf(text)).toBe(false)
    expect(valueOf('log(-1) != log(-1)')).toBe(true)
    expect(valueOf('0.1 + 0.2 == 0.3')).toBe(false)
    expect(valueOf('1e308 * 10')).toBe(Infinity)
  })

  test('a path without a value is NaN as a number, false as a condition, and equal to null only', () => {
    expect(valueOf('training.limit < 1')).toBe(false)
    expect(valueOf('training.limit >= 1')).toBe(false)
    expect(valueOf('training.limit + 1')).toBe(Number.NaN)
    expect(valueOf('training.limit == null')).toBe(true)
    expect(valueOf('training.limit == 0')).toBe(false)
    expect(valueOf('not training.limit')).toBe(true)
    expect(holds(parseExpression('training.limit'), lookupIn(study))).toBe(false)
  })

  test('values of different kinds are never equal', () => {
    expect(valueOf("optimiser.batch == 'full' or optimiser.batch >= 8")).toBe(true)
    expect(valueOf('model.kind == 2')).toBe(false)
    expect(valueOf("model.depth != '2'")).toBe(true)
    expect(valueOf('training.isQuick == 1')).toBe(false)
  })

  test('the right side of and and or is looked at only where it decides', () => {
    expect(valueOf('false and nothing.here')).toBe(false)
    expect(valueOf('true or nothing.here')).toBe(true)
    expect(() => valueOf('true and nothing.here')).toThrow('unknown path nothing.here')
  })
})

test('pathsOf names every path once for each place', () => {
  expect(pathsOf(parseExpression('a.b < max(c[0], 1) and not a.b'))).toEqual([
    { path: ['a', 'b'], column: 1 },
    { path: ['c', 0], column: 11 },
    { path: ['a', 'b'], column: 28 },
  ])
})
