/** The job on small real networks whose local thresholds the handbook knows, and on symmetries that a study has taken away. */
import { describe, expect, test } from 'vitest'
import { mirrorsContent, type MirrorsContent } from '#core/contract/mirrors.ts'
import { asJson } from '#core/contract/values.ts'
import { workedExample } from '#core/analysis/mirrors/fixtures/networks.ts'
import { freezeStudy, readStudy } from '#core/study/study.ts'
import { familiesOf } from '#core/symmetry/symmetries/registry.ts'
import { runMirrors, verdictOf } from './mirrors.ts'

type Fields = Readonly<Record<string, unknown>>

const perceptron = (more: Fields = {}) => ({ kind: 'perceptron', widths: [3], biases: false, ...more })
const base = {
  kagami: 1,
  name: 'worked',
  model: perceptron(),
  data: { kind: 'inline', ...workedExample },
  optimiser: { kind: 'sgd', learningRate: 0.01 },
  training: { steps: 10 },
}
/** Incoming weights as rows of inputs, [2, 3], and outgoing ones. */
const fixture = { 'layer1.weight': [1, 1, 0.5, 0.5, 0.5, -1], 'layer2.weight': [0.5, 0.5, -1] }

let pauses = 0
async function mirrorsOf(fields: Fields, limit?: number): Promise<MirrorsContent> {
  const study = freezeStudy(readStudy({ text: JSON.stringify({ ...base, ...fields }), name: 'worked', overrides: [] }), () =>
    '0'.repeat(64),
  )
  const [cell] = study.cells
  if (cell === undefined) throw new Error('expected a cell')
  const spec = { run: 'worked.0.1', study: asJson(cell.study), base: 1, cell: cell.hash, replicate: 1, stops: [] }
  const job = { pause: () => Promise.resolve(void (pauses += 1)) }
  const { content } = await runMirrors({ kind: 'mirrors', source: { kind: 'start', spec, files: {} } }, job, limit)
  return mirrorsContent.parse(content) // what crosses the wire
}
const rowOf = ({ mirrors }: MirrorsContent, reflection: string) => {
  const found = mirrors.find((row) => row.reflection === reflection)
  if (found === undefined) throw new Error(`expected a row of ${reflection}`)
  return found
}
const broken = ({ rejected }: MirrorsContent) =>
  Object.fromEntries(
    rejected.filter(({ isExpected }) => isExpected).map((row) => [`${row.family} ${row.reflection}`, `${row.rejected}/${row.checked}`]),
  )

// Origin: theory.md 2.5 A–C, E; ten digits, which the Hessian has to rounding
describe('the worked example', () => {
  test('A: at zero every neuron dies from γ_loc = ‖E[yx]‖ on', async () => {
    const zero = await mirrorsOf({ initialValues: { '*': 0 }, regularisation: { weightDecay: 1.6 } })
    expect(rowOf(zero, 'flip').threshold?.value).toBeCloseTo(1.5500896031, 9)
    expect(rowOf(zero, 'flip')).toMatchObject({ family: 'sign-flip-layer1', symmetry: 'sign-flip', place: 'layer1', count: 3, candidates: 3, checked: 3, rank: 3, residual: 0, decay: 1.6, verdict: 'attracts', onMirror: 'zero', isKept: true }) // prettier-ignore
    expect(rowOf(await mirrorsOf({ initialValues: { '*': 0 }, regularisation: { weightDecay: 1.5 } }), 'flip').verdict).toBe('repels')
  })
  test('B: two equal neurons', async () => {
    const content = await mirrorsOf({ initialValues: fixture })
    expect(rowOf(content, 'swap').threshold?.value).toBeCloseTo(1.7641407708, 9)
    expect(rowOf(content, 'swap')).toMatchObject({ family: 'permutation-layer1', nearest: '1↔2', residual: 0, count: 3, rank: 3, onMirror: 'equal', verdict: 'repels' }) // prettier-ignore
  })
  test('C: a dead neuron beside two; the exponent is that of plain descent', async () => {
    const content = await mirrorsOf({ initialValues: { 'layer1.weight': [0, 1, 0.5, 0, 0.5, -1], 'layer2.weight': [0, 0.5, -1] } })
    const { nearest, threshold, exponent } = rowOf(content, 'flip')
    expect([nearest, threshold?.value.toFixed(9)]).toEqual(['1', '2.141817809'])
    expect(exponent?.value).toBeCloseTo(Math.log(1 + 0.01 * 4.2836356176), 9) // Λ = log(1 − η λ_min), full batch and no decay
    expect(exponent).toMatchObject({ estimator: 'exact', count: 0, low: exponent?.value })
  })
  test('of UV at zero γ_loc is the largest singular value of the data', async () => {
    const content = await mirrorsOf({
      model: { kind: 'matrix-factorisation', width: 2 },
      data: { kind: 'inline', x: [[1, 0], [0, 1]], y: [[3, 0], [0, 1]] }, // prettier-ignore
      loss: { kind: 'sse' },
      initialValues: { '*': 0 },
    })
    expect(rowOf(content, 'rotation')).toMatchObject({ family: 'rotation', symmetry: 'rotation', onMirror: 'dependent', residual: 0 })
    expect(rowOf(content, 'rotation').threshold?.value).toBeCloseTo(3, 12)
    // a signed permutation is kept by what a rotation is not
    expect(content.families).toMatchObject([{ family: 'rotation', mirrors: null, keptBy: ['sgd'], isKept: true, conserved: { tex: 'U^\\top U - VV^\\top', entries: 4, largest: 0, rate: 0, isKept: true } }]) // prettier-ignore
  })
  test('looks at its messages between kinds of candidates', async () => {
    pauses = 0
    const { mirrors, rejected } = await mirrorsOf({ initialValues: fixture })
    expect(pauses).toBeGreaterThanOrEqual(mirrors.length + rejected.length)
  })
})

describe('a convolutional network', () => {
  const x = Array.from({ length: 3 }, (_, i) => Array.from({ length: 20 }, (_value, j) => Math.sin(1 + 3 * j + 20 * i)))
  const data = { kind: 'inline', x, y: [[1], [-1], [0.5]] }
  const model = { kind: 'convolutional', image: [4, 5, 1], channels: [2, 3], kernel: [3, 2], widths: [2] }

  test('of relu: exchanges of channels are mirrors, their rescalings a symmetry without any; nothing of its own is missed', async () => {
    const content = await mirrorsOf({ model, data })
    expect(content.mirrors.map(({ family, reflection, place, count }) => [family, reflection, place, count])).toEqual([
      ['permutation-conv1', 'swap', 'conv1', 1],
      ['permutation-conv2', 'swap', 'conv2', 3],
      ['permutation-layer1', 'swap', 'layer1', 1],
    ])
    expect(broken(content)).toEqual({})
    const found = Object.fromEntries(content.families.map(({ family, isFound }) => [family, isFound]))
    expect(found).toEqual({
      'permutation-conv1': true,
      'rescaling-conv1': null,
      'permutation-conv2': true,
      'rescaling-conv2': null,
      'permutation-layer1': true,
      'rescaling-layer1': null,
    })
  })
  test('of tanh and means: each channel turns its sign too, until biases of their own take all of it away', async () => {
    const odd = { ...model, channels: [2], kernel: 3, widths: [], activation: 'tanh', pooling: 'average' }
    const content = await mirrorsOf({ model: odd, data })
    expect(content.mirrors.map(({ family, reflection, count }) => [family, reflection, count])).toEqual([
      ['sign-flip-conv1', 'flip', 2],
      ['permutation-conv1', 'swap', 1],
      ['permutation-conv1', 'negated-swap', 1],
    ])
    expect(broken(content)).toEqual({})
    const removed = await mirrorsOf({ model: odd, data, reparametrise: [{ kind: 'syre', parameters: '*', std: 0.1 }] })
    expect(removed.mirrors).toEqual([])
    expect(broken(removed)).toEqual({ 'sign-flip-conv1 flip': '2/2', 'permutation-conv1 swap': '1/1', 'permutation-conv1 negated-swap': '1/1' }) // prettier-ignore
  })
})

describe('what the study does', () => {
  const product = { model: { kind: 'product-linear' }, data: { kind: 'inline', x: [[1], [1]], y: [[1], [1]] }, initialValues: { u: [2], w: [1] } } // prettier-ignore

  test('of a product: each exchange has a row, u² − w² its value and its rate', async () => {
    const content = await mirrorsOf({ ...product, regularisation: { weightDecay: 0.25 } })
    // (uw − 1)², s = (u ∓ w)/√2: uw = 9/4 − s²/2 about u = w = 3/2, so that λ = −2(9/4 − 1); uw = s²/2 − 1/4 about u = −w = 1/2, so that λ = 2(−1/4 − 1)
    expect(content.mirrors.map(({ reflection, family, rank, threshold, verdict }) => [reflection, family, rank, threshold?.value.toFixed(9), verdict])).toEqual([
      ['flip', 'rescaling', 2, '1.000000000', 'repels'],
      ['exchange', 'exchange', 1, '1.250000000', 'repels'],
      ['negated-exchange', 'exchange', 1, '1.250000000', 'repels'],
    ]) // prettier-ignore
    expect(content.families).toMatchObject([
      { family: 'rescaling', mirrors: 1, conserved: { tex: 'u^2 - w^2', entries: 1, largest: 3, rate: 1, isKept: true } },
      { family: 'exchange', mirrors: 2, keptBy: ['sgd', 'adam', 'adamw', 'rmsprop'], conserved: null },
    ])
  })
  test('decays of their own leave no one γ, and part what an exchange would join', async () => {
    const groups = [{ parameters: 'u', weightDecay: 0.5 }]
    const content = await mirrorsOf({ ...product, regularisation: { weightDecay: 0.25, groups } })
    expect(content.mirrors.map(({ reflection, decay, verdict, whyNoExponent, isKept }) => [reflection, decay, verdict, whyNoExponent, isKept])).toEqual([
      ['flip', null, null, 'decay', true],
      ['exchange', null, null, 'decay', false],
      ['negated-exchange', null, null, 'decay', false],
    ]) // prettier-ignore
    expect(content.families[0]?.conserved).toMatchObject({ rate: null })
  })
  test.each([
    ['optimiser', { optimiser: { kind: 'adam', learningRate: 0.01 } }],
    ['optimiser', { optimiser: { kind: 'sgd', learningRate: 0.01, momentum: 0.9 } }],
    ['schedule', { optimiser: { kind: 'sgd', learningRate: 0.01, schedule: { kind: 'cosine' } } }],
    ['gradient-noise', { noise: { gradient: { kind: 'isotropic', std: 0.1 } } }],
    ['rank', { model: perceptron({ widths: [2, 31], biases: true }) }],
  ])('no exponent: %s', async (why, fields) => {
    const { mirrors } = await mirrorsOf(fields)
    expect(mirrors.length).toBeGreaterThan(0)
    expect(mirrors.some(({ exponent, whyNoExponent }) => exponent === null && whyNoExponent === why)).toBe(true)
  })
  test('Adam keeps swaps and flips and no rotation; AdamW has no γ; noise on the gradient keeps nothing', async () => {
    const turned = { model: perceptron({ activation: 'identity' }) }
    const kept = async (fields: Fields) =>
      Object.fromEntries((await mirrorsOf(fields)).mirrors.map(({ reflection, isKept }) => [reflection, isKept]))
    expect(await kept({ ...turned, optimiser: { kind: 'adam', learningRate: 0.01 } })).toEqual({ flip: true, swap: true, 'negated-swap': true, rotation: false }) // prettier-ignore
    expect(Object.values(await kept({ noise: { gradient: { kind: 'isotropic', std: 0.1 } } }))).toEqual([false, false, false])
    const adamw = await mirrorsOf({ optimiser: { kind: 'adamw', learningRate: 0.01 }, regularisation: { weightDecay: 0.1 } })
    expect(adamw.mirrors.map(({ decay, verdict }) => [decay, verdict])).toEqual([[null, null], [null, null], [null, null]]) // prettier-ignore
  })
})

describe('what is taken away is rejected, and said to be expected', () => {
  const tanh = { 'sign-flip-layer1 flip': '3/3', 'permutation-layer1 swap': '3/3', 'permutation-layer1 negated-swap': '3/3' }
  test.each([
    ['nothing', {}, {}],
    ['by random biases', { reparametrise: [{ kind: 'syre', parameters: '*', std: 0.1 }] }, tanh],
    [
      'by residual connections',
      { model: { kind: 'matrix-factorisation', width: 2 }, reparametrise: [{ kind: 'residual', parameters: '*' }], data: { kind: 'inline', x: [[1, 0], [0, 1]], y: [[1, 0], [0, 1]] } }, // prettier-ignore
      { 'rotation flip': '2/2', 'rotation swap': '1/1', 'rotation negated-swap': '1/1', 'rotation rotation': '3/3' },
    ],
  ])('%s', async (_, fields, expected) => {
    const content = await mirrorsOf(fields)
    expect(broken(content)).toEqual(expected)
    expect(content.mirrors.length).toBe(Object.keys(expected).length === 0 ? 3 : 0)
    for (const { isExpected, least } of content.rejected) if (isExpected) expect(least).toBeGreaterThan(1e-4) // of biases of 0.1, far above rounding
  })
  test('a product in place of each weight is no broken symmetry: the flip of one factor stands for that of the weight, and with swaps for negated swaps', async () => {
    const content = await mirrorsOf({ reparametrise: [{ kind: 'product', parameters: 'layer1.weight' }] })
    expect(broken(content)).toEqual({})
    expect(content.mirrors.filter(({ family }) => family === 'sign-flip-layer1').length).toBeGreaterThan(0)
    expect(content.mirrors.filter(({ family, symmetry }) => family === null && symmetry === 'rescaling').length).toBe(3)
  })
})

describe('every family with mirrors is found under its own name', () => {
  test.each([
    [{ model: perceptron() }],
    [{ model: perceptron({ activation: 'identity' }) }],
    [{ model: perceptron({ activation: 'gelu', widths: [3, 2] }) }],
    [{ model: { kind: 'product-linear', depth: 3 } }],
    [{ model: { kind: 'matrix-factorisation', width: 2 } }],
    [{ model: { kind: 'tied-autoencoder', width: 2 }, data: { kind: 'inline', x: workedExample.x } }],
    [{ model: { kind: 'linear-vae' }, loss: { kind: 'energy' }, data: { kind: 'inline', x: [[2, 1]] } }],
    [{ model: { kind: 'self-supervised', width: 2 }, loss: { kind: 'energy' }, data: { kind: 'inline', x: [[2, 1], [1, 3]] } }], // prettier-ignore
  ])('%j', async (fields) => {
    const { mirrors, families, rejected } = await mirrorsOf(fields)
    const settings = readStudy({ text: JSON.stringify({ ...base, ...fields }), name: 'worked', overrides: [] }).model
    const expected = familiesOf(settings).filter(({ hasMirrors }) => hasMirrors)
    expect(families.map(({ family }) => family)).toEqual(familiesOf(settings).map(({ name }) => name))
    expect(new Set(mirrors.map(({ family }) => family))).toEqual(new Set(expected.map(({ name }) => name)))
    expect(rejected.filter(({ isExpected }) => isExpected)).toEqual([])
  })
})

describe('at the edges', () => {
  test('a network without mirrors has none', async () => {
    expect(await mirrorsOf({ model: { kind: 'linear' } })).toMatchObject({ mirrors: [], families: [], notes: [] })
  })
  test('a cost above the limit takes fewer rows, and says so', async () => {
    const many = { kind: 'sparse-linear', samples: 100, features: 3, coefficients: [1], noise: 0.1 }
    const content = await mirrorsOf({ model: { kind: 'product-linear' }, data: many }, 1)
    expect(content.notes).toEqual([{ kind: 'fewer-rows', used: 32, rows: 100 }])
    expect(content.mirrors.every(({ threshold }) => threshold !== null)).toBe(true)
    expect((await mirrorsOf({ model: { kind: 'product-linear' }, data: many })).notes).toEqual([])
  })
  test('values that are not finite have no numbers, and a note', async () => {
    const content = await mirrorsOf({ initialValues: { 'layer2.weight': [1e308, 1e308, 1e308], 'layer1.weight': 1e308 } })
    for (const { threshold, exponent, verdict } of content.mirrors)
      if (threshold === null) expect([exponent, verdict]).toEqual([null, null])
    expect(content.mirrors.some(({ threshold }) => threshold === null)).toBe(true)
  })
  test('γ within the accuracy of γ_loc is undecided', () => {
    expect(verdictOf(0.5, { value: 0.5 + 1e-4, accuracy: 2e-4 })).toBe('undecided')
    expect(verdictOf(0.5, { value: 0.5 + 1e-4, accuracy: 5e-5 })).toBe('repels')
    expect(verdictOf(0.5, { value: 0.5 - 1e-4, accuracy: 5e-5 })).toBe('attracts')
    expect(verdictOf(0, { value: -1e-17, accuracy: 0 })).toBe('undecided') // a curvature that is rounding
  })
})
