import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { explainProblems } from './problems.ts'
import { parseYaml } from './yamlText.ts'

const linear = z.strictObject({ kind: z.literal('linear') })
const product = z.strictObject({ kind: z.literal('product-linear'), depth: z.int().min(2).default(2) })

/** One field for each way in which zod 4.6 can refuse. */
const schema = z
  .strictObject({
    name: z.string().regex(/^[a-z-]+$/),
    model: z.discriminatedUnion('kind', [linear, product]),
    optimiser: z.strictObject({ learningRate: z.number().gt(0), momentum: z.number().min(0).lt(1), kind: z.enum(['sgd', 'adam']) }),
    training: z.strictObject({ steps: z.int().min(1).max(1e7), every: z.int().multipleOf(10), quick: z.boolean() }),
    batch: z.union([z.literal('full'), z.int().min(1)]),
    data: z.union([z.strictObject({ path: z.string(), target: z.string() }), z.strictObject({ url: z.url() }), z.string()]),
    title: z.strictObject({ en: z.string().min(1).max(5), ja: z.string().length(2) }),
    measure: z.array(z.string()).min(2).max(3),
    range: z.tuple([z.number(), z.number()]),
    factors: z.record(z.string().regex(/^x/), z.array(z.number())),
    gates: z.record(z.enum(['loss', 'norm']), z.number()),
    depth: z.int().refine((value) => value % 2 === 0, 'expected an even number'),
    seeds: z.int().refine((value) => value < 10, 'seeds: too many for one machine'),
    plain: z.number().refine((value) => value > 5),
    note: z.string().startsWith('#'),
    either: z.xor([z.number(), z.int()]),
    nothing: z.null(),
  })
  .partial()

function problemsOf(text: string): readonly string[] {
  const { value, place } = parseYaml(text, 'study.yaml')
  const result = schema.safeParse(value)
  return result.success ? [] : explainProblems(result.error, { name: 'study.yaml', place, schema }, value)
}

describe('explainProblems', () => {
  test.each([
    // invalid_type
    ['training: { steps: many }', 'study.yaml:1:13 training.steps: expected a whole number ≥ 1 and ≤ 10000000, got "many"'],
    ['training: { steps: 1.5 }', 'study.yaml:1:13 training.steps: expected a whole number ≥ 1 and ≤ 10000000, got 1.5'],
    ['training: { quick: yes }', 'study.yaml:1:13 training.quick: expected true or false, got "yes"'],
    ['name: 5', 'study.yaml:1:1 name: expected a text that matches /^[a-z-]+$/, got 5'],
    ['measure: loss', 'study.yaml:1:1 measure: expected a list of at least 2 items and at most 3 items, got "loss"'],
    ['measure: [loss, 1]', 'study.yaml:1:17 measure[1]: expected a text, got 1'],
    ['title: null', 'study.yaml:1:1 title: expected an object, got null'],
    ['optimiser: { learningRate: .inf }', 'study.yaml:1:14 optimiser.learningRate: expected a finite number > 0, got Infinity'],
    ['nothing: 1', 'study.yaml:1:1 nothing: expected null, got 1'],
    ['[1]', 'study.yaml:1:1: expected an object, got [1]'],
    // too_small, too_big
    ['training:\n  steps: -5', 'study.yaml:2:3 training.steps: expected a whole number ≥ 1 and ≤ 10000000, got -5'],
    ['optimiser: { learningRate: 0 }', 'study.yaml:1:14 optimiser.learningRate: expected a number > 0, got 0'],
    ['optimiser: { momentum: 1 }', 'study.yaml:1:14 optimiser.momentum: expected a number ≥ 0 and < 1, got 1'],
    ['seeds: 1.0e+300', 'study.yaml:1:1 seeds: expected a whole number ≤ 9007199254740991, got 1e+300'],
    ['title: { en: "", ja: 日本語 }', 'study.yaml:1:10 title.en: expected a text of at least 1 sign and at most 5 signs, got ""'],
    ['title: { ja: 日本語 }', 'study.yaml:1:10 title.ja: expected a text of exactly 2 signs, got "日本語"'],
    ['measure: [loss]', 'study.yaml:1:1 measure: expected a list of at least 2 items and at most 3 items, got ["loss"]'],
    ['range: [1]', 'study.yaml:1:1 range: expected a list of 2 items, got [1]'],
    // invalid_format
    ['name: Über', 'study.yaml:1:1 name: expected a text that matches /^[a-z-]+$/, got "Über"'],
    ['note: x', 'study.yaml:1:1 note: expected a text that begins with "#", got "x"'],
    // not_multiple_of
    ['training: { every: 7 }', 'study.yaml:1:13 training.every: expected a whole number that is a multiple of 10, got 7'],
    // unrecognized_keys
    ['optimiser:\n  learnignRate: 1', 'study.yaml:2:3 optimiser.learnignRate: unknown field; did you mean learningRate?'],
    ['model: { kind: product-linear, dept: 3 }', 'study.yaml:1:32 model.dept: unknown field; did you mean depth?'],
    ['model: { kind: linear, depth: 3 }', 'study.yaml:1:24 model.depth: unknown field; expected "kind"'],
    ['gates: { los: 1 }', 'study.yaml:1:10 gates.los: unknown field; did you mean loss?'],
    ['__proto__: 1', 'study.yaml:1:1 __proto__: unknown field; expected one of "name", "model", "optimiser"'],
    ['constructor: 1', 'study.yaml:1:1 constructor: unknown field; expected one of "name", "model", "optimiser"'],
    // invalid_union
    [
      'model: { kind: lineer }',
      'study.yaml:1:10 model.kind: expected one of "linear", "product-linear", got "lineer"; did you mean "linear"?',
    ],
    ['model: { depth: 2 }', 'study.yaml:1:1 model.kind: expected one of "linear", "product-linear", got nothing'],
    ['model: linear', 'study.yaml:1:1 model: expected an object, got "linear"'],
    ['batch: ful', 'study.yaml:1:1 batch: expected "full" or a number, got "ful"; did you mean "full"?'],
    ['batch: 0', 'study.yaml:1:1 batch: expected "full" or a whole number ≥ 1, got 0'],
    ['data: 5', 'study.yaml:1:1 data: expected an object or a text, got 5'],
    ['data: { path: a.csv, targt: y }', 'study.yaml:1:1 data.target: expected a text, got nothing'],
    ['data: { path: a.csv, targt: y }', 'study.yaml:1:22 data.targt: unknown field; did you mean target?'],
    ['either: 1', 'study.yaml:1:1 either: expected a value that fits one rule only, got 1, which fits several'],
    // invalid_key
    ['factors: { y: [1] }', 'study.yaml:1:12 factors.y: expected a text that matches /^x/ as its name, got "y"'],
    // invalid_value
    ['optimiser: { kind: sdg }', 'study.yaml:1:14 optimiser.kind: expected one of "sgd", "adam", got "sdg"; did you mean "sgd"?'],
    ['optimiser: { kind: 3 }', 'study.yaml:1:14 optimiser.kind: expected one of "sgd", "adam", got 3'],
    // custom
    ['depth: 3', 'study.yaml:1:1 depth: expected an even number, got 3'],
    ['seeds: 12', 'study.yaml:1:1 seeds: seeds: too many for one machine'],
    ['plain: 1', 'study.yaml:1:1 plain: expected a value that fits its rule, got 1'],
  ])('%s', (text, sentence) => {
    // the names that are known may go on
    expect(problemsOf(text).map((problem) => problem.slice(0, sentence.length))).toContain(sentence)
  })

  test('elements of maps and sets are explained too', () => {
    const lists = z.strictObject({ set: z.set(z.number()), map: z.map(z.object({}), z.number()) })
    const value = { set: new Set(['a']), map: new Map([[{}, 'b']]) }
    const { error } = lists.safeParse(value)
    expect(error && explainProblems(error, { name: '', schema: lists }, value)).toEqual([
      'set: expected a number, got {}',
      'map: expected a number for each key, got another for {}',
    ])
  })

  test('all problems are told, each once', () => {
    expect(problemsOf('nmae: a\noptimiser: { kind: sgd, learningRate: x, momentum: 2 }')).toEqual([
      'study.yaml:2:25 optimiser.learningRate: expected a number > 0, got "x"',
      'study.yaml:2:42 optimiser.momentum: expected a number ≥ 0 and < 1, got 2',
      'study.yaml:1:1 nmae: unknown field; did you mean name?',
    ])
    expect(problemsOf(`factors: { x: [${'a, '.repeat(50)}] }`)).toHaveLength(21)
    expect(problemsOf(`factors: { x: [${'a, '.repeat(50)}] }`).at(-1)).toBe('study.yaml: and 30 more problems')
  })

  test('without a schema and places the issue alone makes the sentence', () => {
    const value = { training: { steps: -5, every: 7 }, nmae: 1, title: { en: '', ja: '日' }, measure: ['a'], name: 'A' }
    const { error } = schema.safeParse(value)
    expect(error && explainProblems(error, { name: 'body' }, value)).toEqual([
      'body name: expected a text that matches /^[a-z-]+$/, got "A"',
      'body training.steps: expected a number ≥ 1, got -5',
      'body training.every: expected a multiple of 10, got 7',
      'body training.quick: expected true or false, got nothing',
      'body title.en: expected a text of at least 1 sign, got ""',
      'body title.ja: expected a text of exactly 2 signs, got "日"',
      'body measure: expected a list of at least 2 items, got ["a"]',
      'body nmae: unknown field',
    ])
  })

  test('a long name is cut', () => {
    expect(problemsOf(`${'x'.repeat(900)}: 1`)[0]?.length).toBeLessThan(400)
  })

  test('no sentence has zod’s wording, whatever the value', () => {
    const fields = fc.constantFrom(...Object.keys(schema.shape))
    const zods = /Invalid|Too (big|small)|Unrecognized|received|expected (string|object|array|boolean|int|record|tuple|number)\b|undefined/
    fc.assert(
      fc.property(fc.dictionary(fields, fc.jsonValue({ maxDepth: 2 }), { noNullPrototype: true }), (value) => {
        const { error } = schema.safeParse(value)
        for (const source of [{ name: 's' }, { name: 's', schema }]) {
          const sentences = error ? explainProblems(error, source, value) : []
          for (const sentence of sentences) expect(sentence).toMatch(/: (expected .*, got |unknown field|seeds: too many|and \d+ more)/s)
          expect(sentences.map((sentence) => sentence.replace(/got .*/s, '')).join()).not.toMatch(zods)
        }
      }),
    )
  })
})
