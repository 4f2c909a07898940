import { describe, expect, test } from 'vitest'
import { Refusal } from '#core/contract/errors.ts'
import { applyOverride } from './overrides.ts'

const study = { training: { steps: 100 }, measure: ['loss'] }

describe('applyOverride', () => {
  test.each<[string, unknown]>([
    ['training.steps=2e3', { training: { steps: 2000 }, measure: ['loss'] }],
    ['training.record.every=5', { training: { steps: 100, record: { every: 5 } }, measure: ['loss'] }],
    ['measure=[loss, norm]', { training: { steps: 100 }, measure: ['loss', 'norm'] }],
    ['measure[1]=norm', { training: { steps: 100 }, measure: ['loss', 'norm'] }],
    ['data={kind: csv, path: "a=b.csv"}', { ...study, data: { kind: 'csv', path: 'a=b.csv' } }],
    ['name="1"', { ...study, name: '1' }],
    ['name=a=b', { ...study, name: 'a=b' }],
    ['quick=true', { ...study, quick: true }],
    ['factors["regularisation.weightDecay"]=[0.1]', { ...study, factors: { 'regularisation.weightDecay': [0.1] } }],
    ['training= ', { training: null, measure: ['loss'] }],
  ])('%s', (assignment, expected) => {
    const before = structuredClone(study)
    expect(applyOverride(study, assignment)).toEqual(expected)
    expect(study).toEqual(before)
  })

  test.each([
    ['training.steps', '--set expected path=value, such as training.steps=1000, got "training.steps"'],
    ['=5', '--set: expected a path such as training.steps or measure[0], got ""'],
    ['a.__proto__.b=5', '--set: expected a path such as training.steps or measure[0], got "a.__proto__.b"'],
    ['training[0]=5', '--set training[0]: expected the name of a field, got 0'],
    ['measure.x=5', '--set measure.x: expected an index from 0 to 1, got "x"'],
    ['training.steps.x=5', '--set training.steps: expected an object or a list, got 100'],
    ['a.b="open', '--set a.b:1:6: expected a closing bracket or quote, a comma, a colon or a space before this, got the end of the text'],
  ])('%s is refused', (assignment, sentence) => {
    expect(() => applyOverride(study, assignment)).toThrow(new Refusal('invalid-input', sentence))
  })
})
