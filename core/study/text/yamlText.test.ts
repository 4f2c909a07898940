import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { parseYaml } from './yamlText.ts'

function valueOf(text: string): unknown {
  return parseYaml(text, 'study.yaml').value
}

function problemsOf(text: string): readonly string[] {
  try {
    parseYaml(text, 'study.yaml')
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    expect(error.code).toBe('invalid-input')
    return error.problems.length > 0 ? error.problems : [error.message]
  }
  return []
}

const study = `kagami: 1
title: { en: Rescaling, ja: 再スケーリング }
optimiser:
  kind: sgd
  learningRate: 2.0e-2
factors:
  regularisation.weightDecay: [0.05, 0.2]
measure:
  - loss
  - name: sparsity
`

describe('parseYaml', () => {
  test('reads the values of the core schema', () => {
    expect(valueOf(study)).toEqual({
      kagami: 1,
      title: { en: 'Rescaling', ja: '再スケーリング' },
      optimiser: { kind: 'sgd', learningRate: 0.02 },
      factors: { 'regularisation.weightDecay': [0.05, 0.2] },
      measure: ['loss', { name: 'sparsity' }],
    })
    // yes, dates and sexagesimal numbers are text in YAML 1.2
    expect(valueOf('[true, False, null, ~, 0x1F, 0o17, .inf, .nan, yes, 2024-01-01, 12:30, "1"]')).toEqual([
      ...[true, false, null, null, 31, 15, Infinity, NaN, 'yes', '2024-01-01', '12:30', '1'],
    ])
    expect(valueOf('{a, b: }')).toEqual({ a: null, b: null })
  })

  test('reads every JSON text as JSON.parse does', () => {
    // a JSON number beyond 2⁵³ is refused here, and JSON has no limit of depth: fast-check's values stay below both but for integers
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent)
        fc.pre(!/\d{16}/.test(text))
        expect(valueOf(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test.each([
    [['kagami'], 'study.yaml:1:1'],
    [['title', 'ja'], 'study.yaml:2:25'],
    [['optimiser', 'learningRate'], 'study.yaml:5:3'],
    [['factors', 'regularisation.weightDecay', 1], 'study.yaml:7:38'],
    [['measure', 1, 'name'], 'study.yaml:10:5'],
    [['optimiser', 'momentum'], 'study.yaml:3:1'], // missing: the place of what should hold it
    [['measure', 7], 'study.yaml:8:1'],
    [['seeds', 'count'], 'study.yaml:1:1'],
    [[], 'study.yaml:1:1'],
  ])('the place of %j is %s', (path, place) => {
    expect(parseYaml(study, 'study.yaml').place(path)).toBe(place)
  })

  test('an alias repeats its anchor, and its parts have the anchor’s place', () => {
    const { value, place } = parseYaml('a: &x { b: [1, 2] }\nc: *x\n', 's')
    expect(value).toEqual({ a: { b: [1, 2] }, c: { b: [1, 2] } })
    expect(place(['c'])).toBe('s:2:1')
    expect(place(['c', 'b'])).toBe('s:1:9')
    expect(valueOf('a: &x 1\nb: *x\nc: &x 2\nd: *x')).toEqual({ a: 1, b: 1, c: 2, d: 2 })
  })

  test.each([
    ['a: [1, 2\nb: 3', /^study\.yaml:2:\d+: expected .* got /],
    ['a:\n\t- 1', /^study\.yaml:2:1: expected spaces for indentation, got /],
    ['a: b: c', /^study\.yaml:1:4: expected .*, got "b: c"/],
    ['a: "open', /^study\.yaml:1:9: expected a closing bracket or quote.*, got the end of the text$/],
    ['a: @x', /^study\.yaml:1:4: expected quotes around text that begins with this sign, got "@x"$/],
    ['a: "\\q"', /^study\.yaml:1:5: expected an escape that YAML knows, got "\\\\q/],
    ['a: 1\n---\nb: 2', /^study\.yaml:\d:\d: expected one document, got a second$/],
    ['a: !!binary aGk=', /^study\.yaml:1:4: expected no tag but those of the core schema/],
    ['a: !mine 1', /^study\.yaml:1:4: expected no tag but those of the core schema/],
    ['%YAML 1.1\n---\na: yes', /^study\.yaml:1:1: expected YAML 1\.2, got a directive for 1\.1$/],
    ['? [1, 2]\n: 3', /^study\.yaml:1:3: expected a text as the name of a field/],
    ['a: *x', /^study\.yaml:1:4: expected an alias after its anchor &x, got "\*x"$/],
    ['a: &x [*x]', /^study\.yaml:1:8: expected an alias outside of what it repeats, got "\*x"$/],
    ['a: 1\nb:\n  c: 2\n  c: 3', /^study\.yaml:4:3: expected every field once, got "c" again$/],
    ['"a": 1\na: 2', /^study\.yaml:2:1: expected every field once, got "a" again$/],
    ['a: 9007199254740993', /^study\.yaml:1:4: expected a whole number between −\(2⁵³ − 1\) and 2⁵³ − 1, got 9007199254740993$/],
  ])('%j is refused with its place', (text, sentence) => {
    expect(problemsOf(text)[0]).toMatch(sentence)
  })

  test('an empty text is refused', () => {
    for (const text of ['', '\n\n', '# only a comment\n', '---\n', '\ufeff']) {
      expect(problemsOf(text)).toEqual(['study.yaml: expected a YAML or JSON document, got an empty one'])
    }
    expect(valueOf('null')).toBeNull()
  })

  test('all problems of one kind are told at once, five at most', () => {
    expect(problemsOf('a: 1\na: 2\nb: 1\nb: 2')).toEqual([
      'study.yaml:2:1: expected every field once, got "a" again',
      'study.yaml:4:1: expected every field once, got "b" again',
    ])
    expect(() => valueOf('a: 1\n'.repeat(9))).toThrow('study.yaml:2:1: expected every field once, got "a" again (the first of 8 problems)')
  })

  test('size is limited', () => {
    expect(problemsOf(`a: "${'x'.repeat(2_000_000)}"`)).toEqual(['study.yaml: expected at most 1 MiB (1048576 bytes), got 2000005 bytes'])
    expect(problemsOf(`a: "${'語'.repeat(400_000)}"`)[0]).toContain('got 1200005 bytes')
  })

  test('depth is limited, without a stack overflow', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
    expect(problemsOf(nested(64))).toEqual([])
    const sentence = /expected at most 64 levels of nesting, got more$/
    for (const text of [nested(65), '['.repeat(1_000_000), '- '.repeat(500_000), '{a: '.repeat(200_000), '? '.repeat(300_000)]) {
      expect(problemsOf(text)[0]).toMatch(sentence)
    }
    const aliases = Array.from({ length: 70 }, (_, index) => `- &a${index + 1} [*a${index}]`)
    expect(problemsOf(['- &a0 1', ...aliases].join('\n'))[0]).toMatch(sentence)
  })

  test('a billion laughs are refused', () => {
    const lines = Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`)
    expect(problemsOf(['a0: &a0 [lol]', ...lines].join('\n'))[0]).toMatch(
      /^study\.yaml:\d+:\d+: expected aliases that repeat at most 10000 values, got more$/,
    )
  })

  test('thousands of fields are read, thousands of aliases of one value refused', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `f${index}: 1`)
    expect(Object.keys(valueOf(many.join('\n')) ?? {})).toHaveLength(5000)
    expect(problemsOf(`a: &a 1\nb: [${'*a,'.repeat(20_000)}]`)[0]).toMatch(/expected aliases that repeat at most 10000 values, got more$/)
  })

  test('names of the prototype are own fields, and change nothing', () => {
    const value = valueOf('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\ntoString: 2')
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(value ?? {})).toEqual(['__proto__', 'constructor', 'toString'])
    expect('polluted' in {}).toBe(false)
  })

  test('any text ends in a value or a refusal, and in nothing else', () => {
    const signs = fc.string({ unit: fc.constantFrom(...'ab1:-?#&*!|>\'"%@{}[], \n\t.~'), maxLength: 60 })
    const endsWell = (text: string) => {
      expect(problemsOf(text).every((sentence) => /^study\.yaml(:\d+:\d+)?: expected /.test(sentence))).toBe(true)
    }
    fc.assert(fc.property(signs, endsWell), { numRuns: 300 })
    fc.assert(fc.property(fc.string({ unit: 'binary' }), endsWell))
  })
})
