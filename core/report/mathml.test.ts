import { describe, expect, test } from 'vitest'
import { isMathml } from './mathml.ts'

describe('isMathml', () => {
  test('takes presentation MathML', () => {
    expect(isMathml('<math display="block"><mrow><mi>ℓ</mi><mo>+</mo><msup><mi>x</mi><mn>2</mn></msup></mrow></math>')).toBe(true)
    expect(isMathml('<math xmlns="http://www.w3.org/1998/Math/MathML"><mo>&lt;</mo><mspace width="1em"/></math>')).toBe(true)
  })

  test.each([
    ['nothing', ''],
    ['text alone', 'x'],
    ['text before', 'x<math></math>'],
    ['text after', '<math></math>x'],
    ['two formulas', '<math></math><math></math>'],
    ['a formula in a formula', '<math><math></math></math>'],
    ['an element that stays open', '<math><mi>x</math>'],
    ['a formula that stays open', '<math><mi>x</mi>'],
    ['a script', '<math><script>alert(1)</script></math>'],
    ['HTML in an annotation', '<math><annotation-xml encoding="text/html"><img></annotation-xml></math>'],
    ['a handler', '<math onload="alert(1)"></math>'],
    ['an address', '<math href="javascript:alert"></math>'],
    ['a bare ampersand', '<math><mo>&</mo></math>'],
    ['a comment', '<math><!-- --></math>'],
    ['a quote in an attribute', '<math display="a"b"></math>'],
    ['no elements but the closing one', '</math>'],
  ])('refuses %s', (_, text) => {
    expect(isMathml(text)).toBe(false)
  })
})
