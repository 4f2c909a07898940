import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nearest } from './nearest.ts'

const fields = ['learningRate', 'momentum', 'weightDecay', 'batch', 'steps', 'seeds', 'sgd']

describe('nearest', () => {
  test.each([
    ['learnignRate', 'learningRate'], // a swap
    ['learningrate', 'learningRate'], // a substitution
    ['momentun', 'momentum'],
    ['weightDecy', 'weightDecay'], // a deletion
    ['weigthDecya', 'weightDecay'], // two swaps
    ['stteps', 'steps'], // an insertion
    ['sdg', 'sgd'],
    ['batch', 'batch'],
  ])('%s is meant to be %s', (word, meant) => {
    expect(nearest(word, fields)).toBe(meant)
  })

  test('an unrelated word has none', () => {
    for (const word of ['gamma', 'x', '', 'learning', 'optimiser', 'step size']) expect(nearest(word, fields)).toBeUndefined()
    expect(nearest('steps', ['seeds'])).toBeUndefined()
    expect(nearest('a', [])).toBeUndefined()
  })

  test('the nearest wins, the first of equals', () => {
    expect(nearest('linea', ['lineal', 'linear'])).toBe('lineal')
    expect(nearest('linear-', ['linear-ab', 'linear'])).toBe('linear')
  })

  test('one slip in a word is always forgiven', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 3, maxLength: 20 })
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom('drop', 'swap', 'double', 'change'), (known, seed, slip) => {
        const at = seed % (known.length - 1)
        const [head, first, second, tail] = [known.slice(0, at), known.charAt(at), known.charAt(at + 1), known.slice(at + 2)]
        const middle = { drop: second, swap: second + first, double: first + first + second, change: `x${second}` }[slip]
        expect(nearest(head + middle + tail, [known])).toBe(known)
      }),
    )
  })

  test('text far too long costs nothing', () => {
    expect(nearest('a'.repeat(1_000_000), ['a'.repeat(1_000_000)])).toBeUndefined()
  })
})
