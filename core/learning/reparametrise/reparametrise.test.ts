import { describe, expect, test } from 'vitest'
import { rootKey, split } from '#core/numerics/random/key.ts'
import { reparametrisationKinds, reparametrisationSettings, type Reparametrisation } from './registry.ts'
import { reparametrised } from './reparametrise.ts'

const key = rootKey({ base: 4, cell: '0'.repeat(64), replicate: 1 })
const plain = [
  { name: 'layer1.weight', shape: [3, 4] },
  { name: 'layer1.bias', shape: [4] },
  { name: 'layer2.weight', shape: [4, 4] },
]
const values = {
  'layer1.weight': new Float64Array(12).fill(0.5),
  'layer1.bias': new Float64Array(4),
  'layer2.weight': new Float64Array(16).fill(-0.25),
}
const parse = (...list: object[]): Reparametrisation[] => list.map((settings) => reparametrisationSettings.parse(settings))
const trained = (...list: object[]) => reparametrised(plain, parse(...list)).trained

describe('reparametrised', () => {
  test('leaves everything as it is without a reparametrisation', () => expect(trained()).toEqual(plain))
  test('trains what no pattern names as it is, first, then each reparametrisation in its order', () => {
    const list = trained({ kind: 'syre', std: 1, parameters: 'layer2.*' }, { kind: 'product', parameters: 'layer1.bias' })
    expect(list).toEqual([
      { name: 'layer1.weight', shape: [3, 4] },
      { name: 'layer2.weight/free', shape: [4, 4] },
      { name: 'layer1.bias/u', shape: [4] },
      { name: 'layer1.bias/w', shape: [4] },
    ])
  })
  test('knows the variables of every kind', () => {
    const names = (settings: object) => trained(settings).map(({ name, shape }) => `${name} ${shape.join('×')}`)
    const on = { parameters: 'layer2.weight' }
    expect(names({ kind: 'product', depth: 3, ...on }).slice(2)).toEqual([
      'layer2.weight/u1 4×4',
      'layer2.weight/u2 4×4',
      'layer2.weight/u3 4×4',
    ])
    expect(names({ kind: 'low-rank', parameters: 'layer1.weight' }).slice(2)).toEqual(['layer1.weight/u 3×3', 'layer1.weight/v 3×4'])
    expect(names({ kind: 'low-rank', width: 2, ...on }).slice(2)).toEqual(['layer2.weight/u 4×2', 'layer2.weight/v 2×4'])
    expect(names({ kind: 'residual', ...on }).slice(2)).toEqual(['layer2.weight/residual 4×4'])
    expect(names({ kind: 'asymmetric-mask', ...on }).slice(2)).toEqual(['layer2.weight/masked 4×4'])
    const block = 'dcs:layer1.bias+layer2.weight'
    const joined = { kind: 'dcs', parameters: 'layer1.bias,layer2.weight', constraint: { kind: 'tie' } }
    expect(names(joined).slice(1)).toEqual([`${block}/v 20`, `${block}/u 10`, `${block}/w 10`])
    expect(names({ ...joined, gate: 'group' }).slice(1)).toEqual([`${block}/v 20`, `${block}/gate 1`, `${block}/w 10`])
  })
  test('starts and constants have the sizes of what is trained and follow from the key alone', () => {
    const form = reparametrised(
      plain,
      parse({ kind: 'product', parameters: 'layer1.*' }, { kind: 'syre', std: 0.1, diagonal: true, parameters: 'layer2.weight' }),
    )
    const start = form.start(values, key)
    expect(Object.entries(start.trained).map(([name, { length }]) => [name, length])).toEqual(
      form.trained.map(({ name, shape }) => [name, shape.reduce((product, n) => product * n, 1)]),
    )
    expect(Object.entries(start.constants).map(([name, { length }]) => [name, length])).toEqual([['layer2.weight/bias', 16], ['layer2.weight/metric', 16]]) // prettier-ignore
    expect(form.start(values, key)).toEqual(start)
    expect(form.start(values, split(key, 'other'))).not.toEqual(start)
  })
  test('two reparametrisations of one kind draw numbers of their own', () => {
    const form = reparametrised(plain.slice(2).concat({ name: 'other', shape: [4, 4] }), parse({ kind: 'syre', std: 1, parameters: 'layer2.*' }, { kind: 'syre', std: 1, parameters: 'other' })) // prettier-ignore
    const { constants } = form.start({ 'layer2.weight': new Float64Array(16), other: new Float64Array(16) }, key)
    expect(constants['layer2.weight/bias']).not.toEqual(constants['other/bias'])
  })
  test('a given bias goes through the parameters in their order', () => {
    const bias = Array.from({ length: 16 }, (_, i) => i + 1)
    const { constants } = reparametrised(plain, parse({ kind: 'syre', std: 0, bias, parameters: 'layer1.*' })).start(values, key)
    expect(constants).toEqual({
      'layer1.weight/bias': Float64Array.from(bias.slice(0, 12)),
      'layer1.bias/bias': Float64Array.from(bias.slice(12)),
    })
  })
  test('decay has a metric only where syre asks for one, within 1 ± .1σ₀', () => {
    const form = reparametrised(plain, parse({ kind: 'syre', std: 0.5, diagonal: true, parameters: 'layer1.*' }, { kind: 'syre', std: 0.5, parameters: 'layer2.*' })) // prettier-ignore
    const scale = form.decayScale(form.start(values, key).constants)
    expect(Object.keys(scale)).toEqual(['layer1.weight/free', 'layer1.bias/free'])
    const entries = [...(scale['layer1.weight/free'] ?? [])]
    expect(new Set(entries).size).toBe(12)
    for (const entry of entries) expect(Math.abs(entry - 1)).toBeLessThanOrEqual(0.05)
  })
  test('a share of the entries of a mask is frozen, at κ times a normal number, the others at 0', () => {
    const wide = [{ name: 'w', shape: [100, 100] }]
    const { constants } = reparametrised(wide, parse({ kind: 'asymmetric-mask', fixed: 0.3, scale: 2 })).start(
      { w: new Float64Array(10_000) },
      key,
    )
    const [mask, frozen] = [constants['w/mask'] ?? new Float64Array(), constants['w/frozen'] ?? new Float64Array()]
    const held = frozen.filter((_, i) => mask[i] === 0)
    expect(Math.abs(held.length / 10_000 - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / 10_000)) // four standard errors of a share
    expect(Math.abs(held.reduce((sum, z) => sum + z ** 2, 0) / held.length / 4 - 1)).toBeLessThan(4 * Math.sqrt(2 / 3_000)) // of a variance
    expect(frozen.filter((z, i) => mask[i] === 1 && z !== 0)).toHaveLength(0)
  })
  test('every kind is in the registry by its own name, with titles and a shape that is JSON', () => {
    for (const [name, { kind, title }] of Object.entries(reparametrisationKinds)) {
      expect(kind).toBe(name)
      expect(title.en.length * title.ja.length).toBeGreaterThan(0)
    }
    const [dcs] = parse({ kind: 'dcs', constraint: { kind: 'tie' } })
    if (dcs?.kind !== 'dcs') throw new Error('expected dcs')
    expect(reparametrisationKinds.dcs.shapeOf(dcs)).toEqual({
      kind: 'dcs',
      parameters: '*',
      constraint: { kind: 'tie' },
      gate: 'elementwise',
    })
  })
})

describe('reparametrised refuses', () => {
  test.each<[string, object[], string]>([
    ['a pattern that names nothing', [{ kind: 'product', parameters: 'layer9.*' }], 'reparametrise[0].parameters: expected a pattern of the parameters layer1.weight, layer1.bias, layer2.weight, got "layer9.*"'],
    ['a parameter that another has', [{ kind: 'product', parameters: '*.bias' }, { kind: 'residual', parameters: '*.weight' }, { kind: 'syre', std: 1, parameters: 'layer2*' }], 'reparametrise[2].parameters: expected parameters that reparametrise[1] leaves, got "layer2.weight"'],
    ['a vector to be factorised', [{ kind: 'low-rank', parameters: 'layer1.*' }], 'expected matrices for a low-rank factorisation, got "layer1.bias"'],
    ['a vector to be beside the identity', [{ kind: 'residual' }], 'expected matrices for a residual connection, got "layer1.bias"'],
    ['a bias of another length', [{ kind: 'syre', std: 0.1, parameters: 'layer1.*', bias: [1, 2, 3] }], 'reparametrise[0].bias: expected 16 numbers, one for each entry of the parameters, got 3'],
    ['a constraint that does not fit', [{ kind: 'dcs', parameters: 'layer1.weight', constraint: { kind: 'symmetric-matrix' } }], 'reparametrise[0].constraint: expected square matrices to be symmetric, got "layer1.weight" of shape [3, 4]'],
  ])('%s', (_, list, sentence) => expect(() => trained(...list)).toThrow(sentence)) // prettier-ignore
  test('values of the model that are missing are a bug', () => {
    for (const list of [[], [{ kind: 'product' }]])
      expect(() => reparametrised(plain, parse(...list)).start({}, key)).toThrow('bug: reparametrisation: layer1.weight is missing')
  })
  test.each([
    { kind: 'product', depth: 1 },
    { kind: 'product', depth: 17 },
    { kind: 'product', jitter: -1 },
    { kind: 'low-rank', width: 0 },
    { kind: 'dcs' },
    { kind: 'dcs', constraint: { kind: 'triangle' } },
    { kind: 'syre' },
    { kind: 'syre', std: -1 },
    { kind: 'syre', std: 1, bias: [] },
    { kind: 'asymmetric-mask', fixed: 1 },
    { kind: 'residual', parameters: '' },
    { kind: 'residual', depth: 2 },
    { kind: 'nothing' },
  ])('%j', (settings) => expect(reparametrisationSettings.safeParse(settings).success).toBe(false))
})
