import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchingNames, requireNames } from './pattern.ts'

const names = ['layer1.weight', 'layer1.bias', 'layer2.weight', 'layer12.weight', 'dcs:v+w/u', 'v']

describe('patterns of names', () => {
  test.each([
    ['*', names],
    ['v', ['v']],
    ['*.bias', ['layer1.bias']],
    ['layer1*', ['layer1.weight', 'layer1.bias', 'layer12.weight']],
    ['layer*.weight', ['layer1.weight', 'layer2.weight', 'layer12.weight']],
    ['v, layer1.bias', ['layer1.bias', 'v']], // in the order of the names; spaces do not count
    ['layer1.weight,*.weight', ['layer1.weight', 'layer2.weight', 'layer12.weight']], // each once
    ['dcs:v+w/*', ['dcs:v+w/u']], // no sign but * and , has a meaning
    ['layer1?weight', []],
    ['layer.*', []],
    ['LAYER1.bias', []],
    ['', []],
    [',', []],
    ['[a-z]', []],
  ])('%j names %j', (pattern, expected) => expect(matchingNames(pattern, names)).toEqual(expected))
  test('a name names itself, whatever its signs', () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: 'grapheme', minLength: 1 })
          .filter((name) => !/[*,]/.test(name) && name === name.trim() && !/[\n\r\u2028\u2029]/.test(name)),
        (name) => {
          expect(matchingNames(name, [name, `${name}x`])).toEqual([name])
        },
      ),
    )
  })
  test('a pattern that names nothing is refused with the names that there are', () => {
    expect(requireNames('groups[0].parameters', 'v', names)).toEqual(['v'])
    expect(() => requireNames('groups[0].parameters', 'u', ['v', 'w'])).toThrow(
      'groups[0].parameters: expected a pattern of the parameters v, w, got "u"',
    )
    expect(() => requireNames('initialValues', 'u', [])).toThrow('initialValues: expected a pattern of the parameters , got "u"')
  })
})
