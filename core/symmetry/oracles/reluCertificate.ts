/**
 * Oracle 8.13: when no further ReLU neuron would lower the loss under weight decay, the dual certificate.
 *
 *   E(Σu_i relu(w_iᵀx) − y)² + γΣ(u_i² + ‖w_i‖²)  ≡  … + 2γΣ|u_i|‖w_i‖
 *   optimal only if max_{‖ŵ‖=1} |E[(f − y) relu(ŵᵀx)]| ≤ γ, with equality on active neurons; for f = 0 this decides whether zero is optimal
 */
import { Refusal } from '#core/contract/errors.ts'
import { matrixTimes, requireMatrix, transposeTimes, type Matrix } from '#core/numerics/linalg/matrix.ts'
import { dot, maxAbs, norm } from '#core/numerics/linalg/vector.ts'
import { drawNormal } from '#core/numerics/random/draw.ts'
import type { Key } from '#core/numerics/random/key.ts'
import { requireFinite, requireLength } from '#core/numerics/require.ts'
import { requireNonNegative } from './inputs.ts'
import { bestAngle } from './reluArcs.ts'

export const reluCertificate = {
  number: '8.13',
  title: { en: 'Certificate of ReLU networks', ja: 'ReLU ネットワークの最適性証明' },
} as const

/** x [n, d] and f − y, or −y for a network that is zero, [n]. */
export type Residuals = { readonly x: Matrix; readonly residual: Float64Array }

/** The largest correlation and a unit direction that has it. */
export type Certificate = { readonly value: number; readonly direction: Float64Array }

/**
 * |E[(f − y) relu(wᵀx)]| for one direction, the mean over the n samples.
 *
 * @param data       x [n, d], residual [n], float64, finite
 * @param direction  [d], of any length: the value scales with it
 * @returns          ≥ 0; 0 for n = 0
 * Fails: 'invalid-input' if a size disagrees.
 * Source: theory.md 8.13.
 */
export function reluCorrelation({ x, residual }: Residuals, direction: Float64Array): number {
  requireLength('reluCorrelation: residual', residual, x.rows)
  const active = matrixTimes(x, direction).map((value) => Math.max(value, 0))
  return x.rows === 0 ? 0 : Math.abs(dot(active, residual)) / x.rows
}

/**
 * The certificate in two dimensions, exact.
 *
 * @param data  x [n, 2], residual [n], float64, finite
 * @returns     see `Certificate`; value 0 with direction (1, 0) if nothing correlates
 * Accuracy: n · 2⁻⁵² relative to the mean of |f − y|‖x‖.
 * Cost: n log n.
 * Fails: 'invalid-input' if a size disagrees or an entry is not finite.
 * Source: theory.md 8.13; between two of the angles at which a sample turns on or off the correlation is a plain sine (`reluArcs.ts`).
 */
export function certificateInPlane(data: Residuals): Certificate {
  requireResiduals('certificateInPlane', data)
  requireLength('certificateInPlane: x', data.x.values, 2 * data.x.rows)
  const angle = bestAngle(data.x.values, data.residual)
  const direction = Float64Array.of(Math.cos(angle), Math.sin(angle))
  return { value: reluCorrelation(data, direction), direction }
}

/**
 * The certificate in d dimensions, by ascent from many starts.
 *
 * Each move maximises exactly in the plane of the present direction and another one: the gradient, the gradient along the samples' edges that
 * the direction lies on, each axis, and random ones. Moves never lower the value. Starts: ±E[(f − y)x], and normal draws.
 *
 * @param data     x [n, d], residual [n], float64, finite
 * @param options  key of the draws; starts (16 random ones), rounds of moves for each (12)
 * @returns        see `Certificate`: a lower bound of the maximum. d ≤ 2 is exact
 * Accuracy: a local maximum; the global one, to 1e-9, on each of 40 random problems with d = 3, n = 8 (see the test).
 *           For many samples in many dimensions a bound only.
 * Cost: starts · rounds · (d + 6) · n (d + log n).
 * Fails: 'invalid-input' if a size disagrees or an entry is not finite.
 * Source: theory.md 8.13; the search is ours.
 */
export function certificate(
  data: Residuals,
  { key, starts = 16, rounds = 12 }: { readonly key: Key; readonly starts?: number; readonly rounds?: number },
): Certificate {
  requireResiduals('certificate', data)
  const d = data.x.columns
  if (d === 2) return certificateInPlane(data)
  if (d === 0) return { value: 0, direction: new Float64Array() }
  const linear = transposeTimes(data.x, data.residual)
  const draws = Array.from({ length: starts }, (_, step) => drawNormal(key, d, step))
  const candidates = [linear, linear.map((value) => -value), ...draws].map(unit).filter((w) => w !== null)
  return candidates
    .map((start, index) => ascend(data, start, { key, rounds, step: starts + index * rounds }))
    .reduce((best, next) => (next.value > best.value ? next : best), { value: 0, direction: axis(d, 0) })
}

type Climb = { readonly key: Key; readonly rounds: number; readonly step: number }

function ascend(data: Residuals, start: Float64Array, { key, rounds, step }: Climb): Certificate {
  const d = start.length
  let best: Certificate = { value: reluCorrelation(data, start), direction: start }
  for (let round = 0; round < rounds; round += 1) {
    const before = best.value
    const random = drawNormal(key, 4 * d, step + round)
    const moves = [0, 1, 2, 3].map((i) => random.subarray(i * d, (i + 1) * d))
    for (const along of [null, ...Array.from({ length: d }, (_, i) => axis(d, i)), null, ...moves]) {
      for (const move of along === null ? slopes(data, best.direction) : [along]) best = climbInPlane(data, best, move)
    }
    if (best.value <= before * (1 + 1e-14)) break
  }
  return best
}

/** The gradient of the signed correlation at a direction, whole and within the edges that the direction lies on. */
function slopes({ x, residual }: Residuals, direction: Float64Array): readonly Float64Array[] {
  const outputs = matrixTimes(x, direction)
  const row = (i: number) => x.values.subarray(i * x.columns, (i + 1) * x.columns)
  const edges = [...outputs.keys()].filter((i) => Math.abs(outputs[i] ?? 0) <= 1e-9 * norm(row(i)))
  const whole = transposeTimes(
    x,
    residual.map((value, i) => ((outputs[i] ?? 0) > 0 ? value : 0)),
  )
  return [whole, removeSpan(whole, edges.map(row))]
}

/** The better of a direction and the best one in the plane that it spans with another. */
function climbInPlane(data: Residuals, best: Certificate, other: Float64Array): Certificate {
  const across = unit(removeSpan(other, [best.direction]))
  if (across === null) return best
  const { x } = data
  const [along, aside] = [matrixTimes(x, best.direction), matrixTimes(x, across)]
  const plane = Float64Array.from({ length: 2 * x.rows }, (_, place) => (place % 2 === 0 ? along : aside)[place >> 1] ?? Number.NaN)
  const angle = bestAngle(plane, data.residual)
  const turned = unit(best.direction.map((value, i) => Math.cos(angle) * value + Math.sin(angle) * (across[i] ?? Number.NaN)))
  if (turned === null) return best
  const value = reluCorrelation(data, turned)
  return value > best.value ? { value, direction: turned } : best
}

/** What is left of v perpendicular to the given vectors, by Gram and Schmidt, twice for rounding. */
function removeSpan(v: Float64Array, span: readonly Float64Array[]): Float64Array {
  const basis: Float64Array[] = []
  const project = (start: Float64Array): Float64Array =>
    [...basis, ...basis].reduce((rest, b) => {
      const size = dot(rest, b)
      return rest.map((value, i) => value - size * (b[i] ?? Number.NaN))
    }, start)
  for (const vector of span) {
    const rest = project(vector)
    const next = norm(rest) > 1e-9 * norm(vector) ? unit(rest) : null
    if (next !== null) basis.push(next)
  }
  return project(v)
}

function unit(v: Float64Array): Float64Array | null {
  const size = norm(v)
  return size > 0 ? v.map((value) => value / size) : null
}

function axis(d: number, i: number): Float64Array {
  return Float64Array.from({ length: d }, (_, j) => (i === j ? 1 : 0))
}

/**
 * The closed form of the handbook's three samples.
 *
 *   X rows (1,0) (0,1) (−1,1), y = (1, 2, −1), mean over 3:   f = (a/√2, a/√2, 0), Σ|u|‖w‖ = a = max(3/√2 − 3γ, 0)
 *
 * @param weightDecay  γ ≥ 1/3; below that another neuron helps and the form does not hold
 * @returns            a, the network's outputs f [3], and γ₀ = 1/√2 from which zero is optimal
 * Accuracy: a few roundings.
 * Fails: 'invalid-input' if γ < 1/3 or not finite.
 * Source: theory.md 8.13.
 */
export function threeSampleMinimum(weightDecay: number): { readonly a: number; readonly f: Float64Array; readonly threshold: number } {
  requireNonNegative('threeSampleMinimum: weightDecay', weightDecay)
  if (weightDecay < 1 / 3)
    throw new Refusal('invalid-input', `threeSampleMinimum: weightDecay: expected a number ≥ 1/3, got ${weightDecay}`)
  const a = Math.max(3 * (Math.SQRT1_2 - weightDecay), 0)
  return { a, f: Float64Array.of(a * Math.SQRT1_2, a * Math.SQRT1_2, 0), threshold: Math.SQRT1_2 }
}

function requireResiduals(name: string, { x, residual }: Residuals): void {
  requireMatrix(`${name}: x`, x)
  requireLength(`${name}: residual`, residual, x.rows)
  requireFinite(`${name}: x`, x.values)
  requireFinite(`${name}: residual`, residual)
  if (!Number.isFinite(maxAbs(x.values) * maxAbs(residual) * Math.max(x.rows, 1) * 2)) {
    throw new Refusal(
      'invalid-input',
      `${name}: expected products of x and residual that float64 can hold, got ${maxAbs(x.values)} · ${maxAbs(residual)}`,
    )
  }
}
