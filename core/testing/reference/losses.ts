/** The losses as theory.md 0.3 and 0.5 write them, on plain numbers in float64. What core/learning/losses computes with tensors is held to this. */
import { at, total, type Rows } from './models.ts'

export type LossSettings =
  | { readonly kind: 'mse'; readonly scale: number }
  | { readonly kind: 'sse'; readonly scale: number }
  | { readonly kind: 'cross-entropy'; readonly smoothing: number }
  | { readonly kind: 'energy' }

/** The loss of one run from its outputs and targets, a row for each of n samples. */
export function lossOf(settings: LossSettings, output: Rows, target: Rows): number {
  const n = output.length
  switch (settings.kind) {
    case 'mse': // c (1/n) Σ_i Σ_j (f_ij − y_ij)²
      return (settings.scale * squares(output, target)) / n
    case 'sse': // c Σ_i Σ_j (f_ij − y_ij)²
      return settings.scale * squares(output, target)
    case 'cross-entropy':
      return -total(n, (i) => logLikelihood(output[i] ?? [], target[i] ?? [], settings.smoothing)) / n
    case 'energy': // Σ_i Σ_j f_ij
      return total(n, (i) => total(output[i]?.length ?? 0, (j) => at(output[i] ?? [], j)))
  }
}

function squares(output: Rows, target: Rows): number {
  return total(output.length, (i) => {
    const [f, y] = [output[i] ?? [], target[i] ?? []]
    return total(f.length, (j) => (at(f, j) - at(y, j)) ** 2)
  })
}

/** Σ_c [(1 − ε) y_c + ε/q] ln(exp f_c / Σ_k exp f_k), for q classes */
function logLikelihood(f: readonly number[], y: readonly number[], smoothing: number): number {
  const q = f.length
  const partition = total(q, (k) => Math.exp(at(f, k)))
  return total(q, (c) => ((1 - smoothing) * at(y, c) + smoothing / q) * Math.log(Math.exp(at(f, c)) / partition))
}
