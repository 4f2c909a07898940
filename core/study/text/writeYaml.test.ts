import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json } from '#core/contract/values.ts'
import { writeYaml } from './writeYaml.ts'
import { parseYaml } from './yamlText.ts'

describe('writeYaml', () => {
  test('what is written is read back equal', () => {
    const number = fc.double({ min: -1e15, max: 1e15, noNaN: true }).map((value) => (value === 0 ? 0 : value)) // −0 is no JSON number; whole ones are exact below 2⁵³
    const value: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          number,
          fc.boolean(),
          fc.constant(null),
          fc.constantFrom('no', '1e3', '~', ''),
        ),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z.-]{0,9}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z.-]{0,9}$/), value, { noNullPrototype: true }), (record) => {
        expect(parseYaml(writeYaml(record), 'study.yaml').value).toEqual(record)
      }),
    )
  })
})
