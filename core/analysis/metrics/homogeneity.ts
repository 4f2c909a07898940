/**
 * How many different neurons a layer has: groups of copies and survivors by the 0.1/0.1 rule, and the correlation of their activations.
 *
 * The row of a neuron is (incoming weights, bias, outgoing weights), its sign made canonical for odd activations and its scale for relu. The mean |corr| is high
 * for vanishing neurons too, so it is given over all and over the survivors.
 * Source: theory.md section 9, 11.12, 11.13.
 */
import type { Neurons } from '#core/learning/models/model.ts'
import type { Matrix } from '#core/numerics/linalg/matrix.ts'
import { activationCorrelation } from '../structure/activationCorrelation.ts'
import { canonicalSigns, homogeneity, normaliseScales, type Homogeneity } from '../structure/homogeneity.ts'
import { forEachPart, type Metric, type MetricContext } from './metric.ts'

/** Rows of the neurons of a layer, [neurons, inputs + bias + outputs], and which columns are outgoing. */
export function neuronRows({
  incoming,
  bias,
  outgoing,
}: {
  readonly incoming: Matrix
  readonly bias: Float64Array | null
  readonly outgoing: Matrix
}): { readonly rows: Matrix; readonly outgoing: readonly number[] } {
  const width = incoming.columns
  const first = incoming.rows + (bias === null ? 0 : 1)
  const columns = first + outgoing.columns
  const values = new Float64Array(width * columns)
  for (let neuron = 0; neuron < width; neuron += 1) {
    for (let i = 0; i < incoming.rows; i += 1) values[neuron * columns + i] = incoming.values[i * width + neuron] ?? Number.NaN
    if (bias !== null) values[neuron * columns + incoming.rows] = bias[neuron] ?? Number.NaN
    for (let k = 0; k < outgoing.columns; k += 1)
      values[neuron * columns + first + k] = outgoing.values[neuron * outgoing.columns + k] ?? Number.NaN
  }
  return { rows: { rows: width, columns, values }, outgoing: Array.from({ length: outgoing.columns }, (_, k) => first + k) }
}

/** The rows in the one form that copies share. */
export function canonicalRows(activation: Neurons['activation'], rows: Matrix, outgoing: readonly number[]): Matrix {
  switch (activation) {
    case 'odd':
    case 'linear':
      return canonicalSigns(rows, outgoing)
    case 'homogeneous':
      return normaliseScales(rows, outgoing)
    case 'other':
      return rows
  }
}

const found = new WeakMap<MetricContext, Map<string, Homogeneity>>() // several columns of one context ask for one layer

function groupsOf(context: MetricContext, neurons: Neurons): Homogeneity {
  const known = found.get(context) ?? new Map<string, Homogeneity>()
  found.set(context, known)
  const before = known.get(neurons.name)
  if (before !== undefined) return before
  const { rows, outgoing } = neuronRows({
    incoming: context.weight(neurons.incoming),
    bias: neurons.bias === null ? null : (context.plain[neurons.bias] ?? null),
    outgoing: context.weight(neurons.outgoing),
  })
  const groups = homogeneity(canonicalRows(neurons.activation, rows, outgoing))
  known.set(neurons.name, groups)
  return groups
}

const common = { scale: 'linear', isPredictable: false } as const

export const homogeneities: Metric = {
  kind: 'homogeneity',
  title: { en: 'Homogeneity', ja: '均質性' },
  columns: ({ neurons, weights }) => {
    const layers = neurons.filter(({ incoming, outgoing }) => weights.includes(incoming) && weights.includes(outgoing))
    const layerOf = (name: string) => layers.find((layer) => layer.name === name) as Neurons // the names are those of the layers
    return forEachPart(
      layers.map(({ name }) => name),
      (name) => [
        {
          ...common,
          name: 'homogeneous-groups',
          title: { en: 'Homogeneous groups of neurons', ja: 'ニューロンの均質グループ数' },
          of: (context) => groupsOf(context, layerOf(name)).groups,
        },
        {
          ...common,
          name: 'survivors',
          title: { en: 'Surviving neurons', ja: '残存ニューロン数' },
          of: (context) => groupsOf(context, layerOf(name)).survivors,
        },
        {
          ...common,
          name: 'mean-correlation',
          title: { en: 'Mean |correlation| of activations', ja: '活性値の相関の絶対値の平均' },
          of: (context) => activationCorrelation(context.activations(layerOf(name))).meanAbsolute,
        },
        {
          ...common,
          name: 'mean-correlation-survivors',
          title: { en: 'Mean |correlation| of surviving neurons', ja: '残存ニューロンの相関の絶対値の平均' },
          of: (context) => {
            const layer = layerOf(name)
            const survivors = groupsOf(context, layer).members.flat()
            return survivors.length < 2 ? Number.NaN : activationCorrelation(context.activations(layer), survivors).meanAbsoluteOfSubset
          },
        },
      ],
    )
  },
}
