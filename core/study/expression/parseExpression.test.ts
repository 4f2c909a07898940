import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { evaluate, lookupIn, satisfies } from './evaluate.ts'
import { deepestNesting, expressionText, longestExpression, parseExpression } from './parseExpression.ts'

const study: Json = {
  model: { kind: 'product-linear', depth: 2, init: { std: 0.5 } },
  data: { noise: 0.3, coefficients: [1.5, -2] },
  optimiser: { learningRate: 0.1, batch: 'full' },
  regularisation: { weightDecay: 0.5 },
  training: { isQuick: true, limit: null },
  'test-loss': 0.25,
  'odd name': { and: 7 },
}
const refused = (text: string, name?: string): string => {
  try {
    evaluate(parseExpression(text, name), lookupIn(study))
  } catch (error) {
    if (error instanceof Refusal && error.code === 'invalid-input') return error.message
    throw error
  }
  return 'not refused'
}
describe('a refusal says the column and what was expected', () => {
  test.each([
    ['', 'c: column 1: expected a number, a text, a path or (, got the end'],
    ['1 +', 'c: column 4: expected a number, a text, a path or (, got the end'],
    ['1 2', 'c: column 3: expected an operator such as and, + or <=, got 2'],
    ['(1 + 2', 'c: column 7: expected an operator or ), got the end'],
    ['1 + 2)', 'c: column 6: expected an operator or the end, got )'],
    ['a and or b', 'c: column 7: expected a number, a text, a path or (, got or'],
    ['model.depth = 2', 'c: column 13: expected ==, got ='],
    ['a && b', 'c: column 3: expected and, got &&'],
    ['!a', 'c: column 1: expected not, got !'],
    ['2 ** 3', 'c: column 3: expected ^, got **'],
    ['1 < 2 < 3', 'c: column 7: expected one comparison at a time, as in a < b and b < c, got <'],
    ['1 + not a', 'c: column 5: expected a number, a text, a path or ( around not …, got not'],
    ['a == § 3', 'c: column 6: expected a number, a text, a path or an operator, got "§"'],
    ['a == 😀', 'c: column 6: expected a number, a text, a path or an operator, got "😀"'],
    ["kind == 'lin", 'c: column 9: expected a text that ends with \', got "\'lin"'],
    ["'a\\qb'", "c: column 3: expected an escape such as \\n, \\' or \\u0041, got \\q"],
    ["'\\u12'", "c: column 2: expected an escape such as \\n, \\' or \\u0041, got \\u"],
    ['1e999', 'c: column 1: expected a number of size < 1.8e308, got 1e999'],
    ['2x', 'c: column 2: expected an operator such as and, + or <=, got x'],
    ['lgo(3)', 'c: column 1: expected one of the functions abs, log, log10, exp, sqrt, min, max, got "lgo"; did you mean log?'],
    ['eval(3)', 'c: column 1: expected one of the functions abs, log, log10, exp, sqrt, min, max, got "eval"'],
    ['constructor(1)', 'c: column 1: expected one of the functions abs, log, log10, exp, sqrt, min, max, got "constructor"'],
    ['log(1, 2)', 'c: column 1: expected one value in log(…), got 2'],
    ['min()', 'c: column 5: expected a number, a text, a path or (, got )'],
    ['min(1, 2', 'c: column 9: expected an operator, a comma or ), got the end'],
    ['a.', 'c: column 3: expected the name of a field, got the end'],
    ['a.2', 'c: column 2: expected an operator such as and, + or <=, got .2'],
    ['a[1.5]', 'c: column 3: expected an index such as 0 or a name in quotes, got 1.5'],
    ['a[0', 'c: column 4: expected ], got the end'],
    ['[0]', 'c: column 2: expected a name in quotes, got 0'],
    // found while evaluating
    ['model.kind < 3', 'c: column 1: expected model.kind to be a number, got "product-linear"'],
    ['1 + (2 > 1)', 'c: column 6: expected 2 > 1 to be a number, got true'],
    ['model.depth and true', 'c: column 1: expected model.depth to be true or false, got 2'],
    [
      'model == 1',
      'c: column 1: expected model to be a single value, got {"kind":"product-linear","depth":2,"init":{"std":0.5}}; name one of its fields',
    ],
    ['data.coefficients == 1', 'c: column 1: expected data.coefficients to be a single value, got [1.5,-2]; name one of its items'],
    ['model.dpeth == 2', 'c: column 1: unknown path model.dpeth; did you mean model.depth?'],
    ['1 < learningRate', 'c: column 5: unknown path learningRate; did you mean optimiser.learningRate?'],
    ['test-los - loss-x', 'c: column 1: unknown path test-los; did you mean test-loss?'],
    ['alpha-beta > 0', 'c: column 1: unknown path alpha-beta; a minus sign between names needs spaces'],
  ])('%s', (text, sentence) => {
    expect(refused(text, 'c').replace(/…; name/, '…; name')).toBe(sentence)
  })

  test('nothing but own fields can be reached', () => {
    for (const path of ['constructor', '__proto__', 'toString', 'model.constructor', 'model.__proto__', 'data.coefficients.length']) {
      expect(refused(path)).toContain(`unknown path ${path}`)
    }
    expect(refused('["__proto__"]["polluted"]')).toContain('unknown path __proto__.polluted')
    const own = JSON.parse('{ "__proto__": { "x": 3 } }') as Json // what JSON.parse gives is JSON
    expect(evaluate(parseExpression('__proto__.x'), lookupIn(own))).toBe(3)
  })

  test('length and depth are limited', () => {
    expect(refused(`${'1+'.repeat(longestExpression / 2)}1`)).toBe(
      `expression: expected an expression of at most ${longestExpression} characters, got ${longestExpression + 1}`,
    )
    expect(evaluate(parseExpression(`${'1+'.repeat(longestExpression / 2 - 1)}1`), lookupIn(study))).toBe(longestExpression / 2)
    for (const opener of ['(', '-', 'not ', 'abs(', '2^']) {
      expect(refused(`${opener.repeat(deepestNesting)}1`)).toContain(`expected nesting of at most ${deepestNesting}`)
    }
    const inner = deepestNesting - 1
    expect(evaluate(parseExpression(`${'('.repeat(inner)}1${')'.repeat(inner)}`), lookupIn(study))).toBe(1)
  })

  test('an expression that is no condition satisfies nothing', () => {
    expect(() => satisfies(parseExpression('model.depth + 1', 'where'), study)).toThrow(
      new Refusal('invalid-input', 'where: column 1: expected model.depth + 1 to be true or false, got 3'),
    )
  })

  test('as a field of a study the text is kept, and refused in one sentence', () => {
    expect(expressionText.parse('a  <  1')).toBe('a  <  1')
    const { error } = expressionText.safeParse('a <')
    expect(error?.issues.map(({ message }) => message)).toEqual(['column 4: expected a number, a text, a path or (, got the end'])
    expect(expressionText.safeParse('').success).toBe(false)
  })
})
