import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import type { Json } from '#core/contract/values.ts'
import { evaluate, lookupIn } from './evaluate.ts'
import { longestExpression, parseExpression } from './parseExpression.ts'
import { printExpression } from './printExpression.ts'
import { bindings, functionNames, type BinaryOperator, type Node } from './syntax.ts'

/** The tree without its columns: what a text means, not where it stands. */
const bare = (node: Node): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === 'column' ? undefined : Object.is(value, Infinity) ? '∞' : value)))

// Trees of any shape, sensible or not.
const column = 0
const literal = fc
  .oneof(
    fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((x) => Math.abs(x)), // −0 is written as 0
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.constant(null),
  )
  .map((value): Node => ({ kind: 'literal', value, column }))
const anyName = fc.oneof(fc.constantFrom('a', 'and', 'max', 'test-loss', 'é2', '__proto__', ''), fc.string())
const path = fc
  .tuple(anyName, fc.array(fc.oneof(anyName, fc.nat(999_999_999)), { maxLength: 3 }))
  .map(([head, tail]): Node => ({ kind: 'path', path: [head, ...tail], column }))
const operators = Object.keys(bindings) as BinaryOperator[] // the keys of the table
const { node: tree } = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    literal,
    path,
    fc.record({
      kind: fc.constant('unary' as const),
      operator: fc.constantFrom('not' as const, '-' as const),
      operand: tie('node'),
      column: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('binary' as const),
      operator: fc.constantFrom(...operators),
      left: tie('node'),
      right: tie('node'),
      column: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom('min' as const, 'max' as const),
      parts: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      column: fc.constant(0),
    }),
    fc.record({
      kind: fc.constant('call' as const),
      name: fc.constantFrom(...functionNames),
      parts: fc.tuple(tie('node')),
      column: fc.constant(0),
    }),
  ),
}))

describe('laws', () => {
  test('reading what was printed gives the same tree', () => {
    fc.assert(
      fc.property(tree, (node) => {
        const text = printExpression(node)
        fc.pre(text.length <= longestExpression)
        expect(bare(parseExpression(text).root)).toEqual(bare(node))
      }),
      { numRuns: 500 },
    )
  })

  test('printing what was read and reading it again changes nothing', () => {
    const word = fc.constantFrom('a', '2', "'x'", '(', ')', '+', '-', '*', '^', '<', '==', 'and', 'or', 'not', 'min(', ',', '.b', '[0]')
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        let root: Node
        try {
          ;({ root } = parseExpression(words.join(' ')))
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal) // whatever is written, the answer is a sentence
          expect(String(error)).toMatch(/column \d+: expected .*, got /)
          return
        }
        expect(bare(parseExpression(printExpression(root)).root)).toEqual(bare(root))
      }),
      { numRuns: 2000 },
    )
  })

  test('any text is read or refused in a sentence', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        try {
          parseExpression(text)
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal)
        }
      }),
    )
  })

  test('values agree with closures built beside the tree', () => {
    type Pair<T> = { readonly node: Node; readonly run: (env: readonly number[]) => T }
    const names = ['a', 'b', 'c']
    const binary = (operator: BinaryOperator, left: Node, right: Node): Node => ({ kind: 'binary', operator, left, right, column })
    const arithmetic: Readonly<Record<string, (x: number, y: number) => number>> = {
      '+': (x, y) => x + y,
      '-': (x, y) => x - y,
      '*': (x, y) => x * y,
      '/': (x, y) => x / y,
      '^': (x, y) => x ** y,
    }
    const relation: Readonly<Record<string, (x: number, y: number) => boolean>> = {
      '<': (x, y) => x < y,
      '<=': (x, y) => x <= y,
      '>': (x, y) => x > y,
      '>=': (x, y) => x >= y,
      '==': (x, y) => x === y,
      '!=': (x, y) => x !== y,
    }
    const plain: Readonly<Record<string, (x: number) => number>> = {
      abs: Math.abs,
      log: Math.log,
      log10: Math.log10,
      exp: Math.exp,
      sqrt: Math.sqrt,
    }
    const { number, logical } = fc.letrec<{ number: Pair<number>; logical: Pair<boolean> }>((tie) => ({
      number: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.nat(9).map((value): Pair<number> => ({ node: { kind: 'literal', value: value / 4, column }, run: () => value / 4 })),
        fc
          .nat(2)
          .map((i): Pair<number> => ({ node: { kind: 'path', path: [names[i] ?? ''], column }, run: (env) => env[i] ?? Number.NaN })),
        tie('number').map(({ node, run }): Pair<number> => ({
          node: { kind: 'unary', operator: '-', operand: node, column },
          run: (env) => -run(env),
        })),
        fc.tuple(fc.constantFrom('+', '-', '*', '/', '^'), tie('number'), tie('number')).map(([operator, x, y]): Pair<number> => ({
          node: binary(operator as BinaryOperator, x.node, y.node), // one of the constants above
          run: (env) => arithmetic[operator]?.(x.run(env), y.run(env)) ?? Number.NaN,
        })),
        fc.tuple(fc.constantFrom('abs', 'log', 'log10', 'exp', 'sqrt'), tie('number')).map(([name, x]): Pair<number> => ({
          node: { kind: 'call', name: name as (typeof functionNames)[number], parts: [x.node], column }, // one of the constants above
          run: (env) => plain[name]?.(x.run(env)) ?? Number.NaN,
        })),
        fc.tuple(tie('number'), tie('number')).map(([x, y]): Pair<number> => ({
          node: { kind: 'call', name: 'max', parts: [x.node, y.node], column },
          run: (env) => Math.max(x.run(env), y.run(env)),
        })),
      ),
      logical: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.boolean().map((value): Pair<boolean> => ({ node: { kind: 'literal', value, column }, run: () => value })),
        fc
          .tuple(fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'), tie('number'))
          .map(([operator, x, y]): Pair<boolean> => ({
            node: binary(operator as BinaryOperator, x.node, y.node), // one of the constants above
            run: (env) => relation[operator]?.(x.run(env), y.run(env)) ?? false,
          })),
        tie('logical').map(({ node, run }): Pair<boolean> => ({
          node: { kind: 'unary', operator: 'not', operand: node, column },
          run: (env) => !run(env),
        })),
        fc
          .tuple(tie('logical'), tie('logical'))
          .map(([x, y]): Pair<boolean> => ({ node: binary('and', x.node, y.node), run: (env) => x.run(env) && y.run(env) })),
        fc
          .tuple(tie('logical'), tie('logical'))
          .map(([x, y]): Pair<boolean> => ({ node: binary('or', x.node, y.node), run: (env) => x.run(env) || y.run(env) })),
      ),
    }))
    const env = fc.tuple(fc.double(), fc.double(), fc.double())
    const record = ([a, b, c]: readonly number[]): Json => ({ a: a ?? 0, b: b ?? 0, c: c ?? 0 })
    fc.assert(
      fc.property(fc.oneof(number, logical), env, ({ node, run }, values) => {
        const text = printExpression(node)
        fc.pre(text.length <= longestExpression)
        expect(evaluate(parseExpression(text), lookupIn(record(values)))).toBe(run(values))
      }),
      { numRuns: 1000 },
    )
  })

  test('without parentheses precedence is that of JavaScript', () => {
    const theirs: Readonly<Record<string, string>> = { '^': '**', '==': '===', '!=': '!==', and: '&&', or: '||' }
    const operator = fc.constantFrom('+', '-', '*', '/', '^')
    const sum = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.tuple(operator, fc.integer({ min: 1, max: 5 })), { maxLength: 5 }))
    const comparison = fc.tuple(sum, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), sum)
    const condition = fc.tuple(comparison, fc.array(fc.tuple(fc.constantFrom('and', 'or'), comparison), { maxLength: 3 }))
    fc.assert(
      fc.property(condition, (words) => {
        const flat = words.flat(Infinity).map(String)
        const source = flat.map((word) => theirs[word] ?? word).join(' ')
        // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- JavaScript itself is the second opinion
        const expected: unknown = new Function(`return ${source}`)()
        expect(evaluate(parseExpression(flat.join(' ')), lookupIn({}))).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })
})
