/**
 * The models as theory.md writes them, on plain numbers: one run, one sample, one sum after another, in float64.
 *
 * What core/learning/models computes with tensors is held to this. Nothing here is imported from there, and nothing is fast: each function is to be read beside
 * its formula. Parameters are flattened row by row, so entry (i, j) of an m × n matrix is number i·n + j.
 */

/** Parameters of one run by their names. */
export type Values = Readonly<Record<string, readonly number[]>>
/** A matrix as its rows; of data, a row is a sample. */
export type Rows = readonly (readonly number[])[]

export type Activation = 'tanh' | 'relu' | 'gelu' | 'identity'

/** The settings that a formula reads. */
export type ModelSettings =
  | { readonly kind: 'linear' }
  | { readonly kind: 'product-linear'; readonly depth: number }
  | { readonly kind: 'matrix-factorisation'; readonly width: number; readonly form: 'plain' | 'positive-semidefinite' }
  | { readonly kind: 'perceptron'; readonly widths: readonly number[]; readonly activation: Activation; readonly biases: boolean }
  | Convolutional
  | { readonly kind: 'tied-autoencoder'; readonly width: number }
  | { readonly kind: 'linear-vae'; readonly beta: number; readonly noise: number }
  | { readonly kind: 'self-supervised'; readonly width: number }

type Convolutional = {
  readonly kind: 'convolutional'
  readonly image?: readonly number[] | undefined
  readonly channels: readonly number[]
  readonly kernel: number | readonly number[]
  readonly stride: number | readonly number[]
  readonly padding: 'same' | 'valid'
  readonly pooling: 'none' | 'max' | 'average'
  readonly widths: readonly number[]
  readonly activation: Activation
  readonly biases: boolean
}

export type Given = { readonly values: Values; readonly x: Rows; readonly outputs: number }

/** The outputs of one run, a row for each sample; the loss itself for models that are given by their loss. */
export function outputOf(settings: ModelSettings, given: Given): Rows {
  switch (settings.kind) {
    case 'linear':
      return linear(given)
    case 'product-linear':
      return productLinear(settings.depth, given)
    case 'matrix-factorisation':
      return settings.form === 'plain' ? factorisation(settings.width, given) : symmetricFactorisation('u', settings.width, given)
    case 'perceptron':
      return perceptronLayers(settings, given).at(-1) ?? []
    case 'convolutional':
      return convolutional(settings, given)
    case 'tied-autoencoder':
      return symmetricFactorisation('w', settings.width, given)
    case 'linear-vae':
      return linearVae(settings, given)
    case 'self-supervised':
      return [[selfSupervised(settings.width, given)]]
  }
}

/** f_j = Σ_i x_i v_ij */
function linear({ values, x, outputs }: Given): Rows {
  return x.map((row) => upTo(outputs, (j) => total(row.length, (i) => at(row, i) * entry(values, 'v', i * outputs + j))))
}

/** f_j = Σ_i x_i Π_k (u_k)_ij, theory.md 8.1–8.3; the factors are u and w at depth 2, u1 … uD beyond. */
function productLinear(depth: number, { values, x, outputs }: Given): Rows {
  const names = depth === 2 ? ['u', 'w'] : upTo(depth, (k) => `u${k + 1}`)
  const coefficient = (place: number) => names.reduce((product, name) => product * entry(values, name, place), 1)
  return x.map((row) => upTo(outputs, (j) => total(row.length, (i) => at(row, i) * coefficient(i * outputs + j))))
}

/** f_j = Σ_i x_i Σ_k U_ik V_kj, theory.md 8.5 */
function factorisation(width: number, { values, x, outputs }: Given): Rows {
  const product = (i: number, j: number) => total(width, (k) => entry(values, 'u', i * width + k) * entry(values, 'v', k * outputs + j))
  return x.map((row) => upTo(outputs, (j) => total(row.length, (i) => at(row, i) * product(i, j))))
}

/** f_j = Σ_i x_i Σ_k W_ik W_jk, theory.md 8.5 (positive semidefinite) */
function symmetricFactorisation(name: string, width: number, { values, x, outputs }: Given): Rows {
  const product = (i: number, j: number) => total(width, (k) => entry(values, name, i * width + k) * entry(values, name, j * width + k))
  return x.map((row) => upTo(outputs, (j) => total(row.length, (i) => at(row, i) * product(i, j))))
}

export const activate = {
  tanh: (z) => Math.tanh(z),
  relu: (z) => (z > 0 ? z : 0),
  gelu: (z) => (z / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3))), // Hendrycks & Gimpel 2016
  identity: (z) => z,
} as const satisfies Record<Activation, (z: number) => number>

type Perceptron = Extract<ModelSettings, { readonly kind: 'perceptron' }>

/** What every layer gives: σ(Σ_i h_i W_ij + b_j) of the hidden ones, the last without σ. */
export function perceptronLayers({ widths, activation, biases }: Perceptron, { values, x, outputs }: Given): readonly Rows[] {
  const layers: Rows[] = []
  for (const [l, width] of [...widths, outputs].entries()) {
    const name = `layer${l + 1}`
    const before: Rows = layers.at(-1) ?? x
    const affine = (row: readonly number[], j: number) =>
      total(row.length, (i) => at(row, i) * entry(values, `${name}.weight`, i * width + j)) +
      (biases ? entry(values, `${name}.bias`, j) : 0)
    const bend = l < widths.length ? activate[activation] : activate.identity
    layers.push(before.map((row) => upTo(width, (j) => bend(affine(row, j)))))
  }
  return layers
}

/** A picture: [row][column][channel]. */
type Picture = readonly (readonly (readonly number[])[])[]

/** Pictures convolved, bent and pooled layer by layer, then flattened for a perceptron; TensorFlow's padding: half of what lacks in front, rounded down. */
function convolutional(s: Convolutional, { values, x, outputs }: Given): Rows {
  const of = (value: number | readonly number[], l: number) => (typeof value === 'number' ? value : at(value, l))
  const flat = x.map((row) => {
    let h = pictureOf(row, s.image)
    for (const [l, to] of s.channels.entries()) {
      const convolved = convolve(h, { values, name: `conv${l + 1}`, to, kernel: of(s.kernel, l), stride: of(s.stride, l), settings: s })
      h = pool(convolved, s.pooling)
    }
    return h.flat(2)
  })
  const { widths, activation, biases } = s
  return perceptronLayers({ kind: 'perceptron', widths, activation, biases }, { values, x: flat, outputs }).at(-1) ?? []
}

function pictureOf(row: readonly number[], image: readonly number[] = squareOf(row.length)): Picture {
  const [height = 0, width = 0, channels = 0] = image
  return upTo(height, (i) => upTo(width, (j) => upTo(channels, (c) => at(row, (i * width + j) * channels + c))))
}

function squareOf(length: number): readonly number[] {
  const channels = Number.isInteger(Math.sqrt(length)) ? 1 : 3
  return [Math.sqrt(length / channels), Math.sqrt(length / channels), channels]
}

type Filter = { readonly values: Values; readonly name: string; readonly to: number; readonly kernel: number; readonly stride: number; readonly settings: Convolutional } // prettier-ignore

/** σ(Σ_{a, b, c} h[si + a − p][sj + b − p][c] K[a, b, c, o] + b_o), nothing outside the picture */
function convolve(h: Picture, { values, name, to, kernel, stride, settings: { padding, activation, biases } }: Filter): Picture {
  const sizes = [h.length, h[0]?.length ?? 0]
  const windows = sizes.map((size) => (padding === 'same' ? Math.ceil(size / stride) : Math.floor((size - kernel) / stride) + 1))
  const before = sizes.map((size, axis) => padding === 'same' ? Math.floor(Math.max(0, (at(windows, axis) - 1) * stride + kernel - size) / 2) : 0) // prettier-ignore
  const from = h[0]?.[0]?.length ?? 0
  const tap = (i: number, j: number, o: number) => (place: number) => {
    const [a, b, c] = [Math.floor(place / (kernel * from)), Math.floor(place / from) % kernel, place % from]
    const pixel = h[i * stride + a - at(before, 0)]?.[j * stride + b - at(before, 1)]
    return pixel === undefined ? 0 : at(pixel, c) * entry(values, `${name}.weight`, place * to + o)
  }
  return upTo(at(windows, 0), (i) =>
    upTo(at(windows, 1), (j) =>
      upTo(to, (o) => activate[activation](total(kernel * kernel * from, tap(i, j, o)) + (biases ? entry(values, `${name}.bias`, o) : 0))),
    ),
  )
}

/** The largest or the mean of each 2 × 2 places; an odd last row or column is left out. */
function pool(h: Picture, pooling: Convolutional['pooling']): Picture {
  if (pooling === 'none') return h
  const channels = h[0]?.[0]?.length ?? 0
  const four = (i: number, j: number, c: number) => upTo(4, (k) => at(h[2 * i + Math.floor(k / 2)]?.[2 * j + (k % 2)] ?? [], c))
  return upTo(Math.floor(h.length / 2), (i) =>
    upTo(Math.floor((h[0]?.length ?? 0) / 2), (j) =>
      upTo(channels, (c) => (pooling === 'max' ? Math.max(...four(i, j, c)) : total(4, (k) => at(four(i, j, c), k)) / 4)),
    ),
  )
}

/** ℓ_i = [(u_i w_i − 1)² λ_i + u_i² τ_i]/(2s²) + (β/2)[w_i² λ_i + τ_i − ln τ_i − 1], theory.md 8.15; x is λ, and ln τ is what is trained. */
function linearVae({ beta, noise }: { readonly beta: number; readonly noise: number }, { values, x }: Given): Rows {
  return x.map((variances) =>
    variances.map((lambda, i) => {
      const [u, w, tau] = [entry(values, 'u', i), entry(values, 'w', i), Math.exp(entry(values, 'logVariance', i))]
      const reconstruction = ((u * w - 1) ** 2 * lambda + u ** 2 * tau) / (2 * noise ** 2)
      return reconstruction + (beta / 2) * (w ** 2 * lambda + tau - Math.log(tau) - 1)
    }),
  )
}

/** ℓ = −½ Σ_kj W_kj² a_j + ¼ Σ_kl (Σ_j W_kj s_j W_lj)², theory.md 8.16; the rows of x are a and s. */
function selfSupervised(width: number, { values, x: [a = [], s = []] }: Given): number {
  const d = a.length
  const w = (k: number, j: number) => entry(values, 'w', k * d + j)
  const signal = total(width, (k) => total(d, (j) => w(k, j) ** 2 * at(a, j)))
  const crossed = (k: number, l: number) => total(d, (j) => w(k, j) * at(s, j) * w(l, j))
  return -signal / 2 + total(width, (k) => total(width, (l) => crossed(k, l) ** 2)) / 4
}

/** Entry `place` of a parameter; NaN where there is none, so that no comparison can pass. */
export function entry(values: Values, name: string, place: number): number {
  return at(values[name] ?? [], place)
}

export function at(values: readonly number[], place: number): number {
  return values[place] ?? Number.NaN
}

/** Σ_{i<n} term(i) */
export function total(n: number, term: (i: number) => number): number {
  let sum = 0
  for (let i = 0; i < n; i += 1) sum += term(i)
  return sum
}

/** [make(0), …, make(n − 1)] */
export function upTo<T>(n: number, make: (i: number) => T): T[] {
  return Array.from({ length: n }, (_, i) => make(i))
}
