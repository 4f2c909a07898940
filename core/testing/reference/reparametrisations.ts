/**
 * The reparametrisations as theory.md writes them (section 4, 7.2, 8.2, 8.3, 8.5, 8.19), on plain numbers: the plain parameters of one run from the trained
 * ones. What core/learning/reparametrise computes with tensors is held to this.
 */
import { at, entry, total, upTo, type Rows, type Values } from './models.ts'

export type Constraint =
  { readonly kind: 'zero' | 'tie' | 'difference' | 'symmetric-matrix' } | { readonly kind: 'orthonormal'; readonly columns: Rows }

export type ReparametrisationSettings =
  | { readonly kind: 'product'; readonly depth: number }
  | { readonly kind: 'low-rank'; readonly width: number }
  | { readonly kind: 'dcs'; readonly constraint: Constraint; readonly gate: 'elementwise' | 'group' }
  | { readonly kind: 'residual' | 'syre' | 'asymmetric-mask' }

export type Target = { readonly name: string; readonly shape: readonly number[] }
export type Trained = { readonly trained: Values; readonly constants: Values }

/** The targets from what is trained in their place. */
export function expandedBy(settings: ReparametrisationSettings, targets: readonly Target[], given: Trained): Values {
  if (settings.kind === 'dcs') return constrained(settings, targets, given)
  return Object.fromEntries(targets.map((target) => [target.name, upTo(sizeOf(target), (i) => entryOf(settings, target, { ...given, i }))]))
}

type Separate = Exclude<ReparametrisationSettings, { readonly kind: 'dcs' }>

/** Entry i of one target, counted row by row. */
function entryOf(settings: Separate, { name, shape }: Target, { trained, constants, i }: Trained & { readonly i: number }): number {
  const columns = shape[1] ?? 1
  const [row, column] = [Math.floor(i / columns), i % columns]
  switch (settings.kind) {
    case 'product': {
      // θ = u₁ ⊙ … ⊙ u_D
      const factors = settings.depth === 2 ? ['u', 'w'] : upTo(settings.depth, (k) => `u${k + 1}`)
      return factors.reduce((product, factor) => product * entry(trained, `${name}/${factor}`, i), 1)
    }
    case 'low-rank': // θ_ij = Σ_k U_ik V_kj
      return total(
        settings.width,
        (k) => entry(trained, `${name}/u`, row * settings.width + k) * entry(trained, `${name}/v`, k * columns + column),
      )
    case 'residual': // θ = I + φ
      return (row === column ? 1 : 0) + entry(trained, `${name}/residual`, i)
    case 'syre': // θ = φ + θ₀
      return entry(trained, `${name}/free`, i) + entry(constants, `${name}/bias`, i)
    case 'asymmetric-mask': // φ where the mask is 1, what is frozen where it is 0
      return entry(constants, `${name}/mask`, i) === 1 ? entry(trained, `${name}/masked`, i) : entry(constants, `${name}/frozen`, i)
  }
}

type Dcs = Extract<ReparametrisationSettings, { readonly kind: 'dcs' }>

/** θ = (I − OOᵀ)v + O(u ⊙ w), as a group gate (I − OOᵀ)v + a·Ow; θ is the targets one after another. */
function constrained({ constraint, gate }: Dcs, targets: readonly Target[], { trained }: Trained): Values {
  const o = constraintColumns(constraint, targets)
  const block = `dcs:${targets.map(({ name }) => name).join('+')}`
  const v = (a: number) => entry(trained, `${block}/v`, a)
  const d = total(targets.length, (k) => sizeOf(targets[k] ?? { name: '', shape: [] }))
  const inside = (c: number) => (gate === 'group' ? entry(trained, `${block}/gate`, 0) : entry(trained, `${block}/u`, c)) * entry(trained, `${block}/w`, c) // prettier-ignore
  const theta = upTo(d, (a) => {
    const along = (c: number) => at(o[c] ?? [], a) // O_ac
    const component = (c: number) => total(d, (b) => at(o[c] ?? [], b) * v(b)) // (Oᵀv)_c
    return v(a) - total(o.length, (c) => along(c) * component(c)) + total(o.length, (c) => along(c) * inside(c))
  })
  const starts = targets.map((_, k) => total(k, (m) => sizeOf(targets[m] ?? { name: '', shape: [] })))
  return Object.fromEntries(targets.map((target, k) => [target.name, theta.slice(at(starts, k), at(starts, k) + sizeOf(target))]))
}

/**
 * The columns of O, each as a row of numbers.
 *
 * Differences θ_{i+1} − θ_i, made orthonormal one after another, are Helmert's contrasts: (−1, …, −1, k, 0, …, 0)/√(k(k+1)) with k times −1.
 */
export function constraintColumns(constraint: Constraint, targets: readonly Target[]): Rows {
  const d = total(targets.length, (k) => sizeOf(targets[k] ?? { name: '', shape: [] }))
  switch (constraint.kind) {
    case 'zero': // the unit vectors
      return upTo(d, (c) => upTo(d, (a) => (a === c ? 1 : 0)))
    case 'tie': // (e_c − e_{c + d/2})/√2
      return upTo(d / 2, (c) => upTo(d, (a) => (a === c ? Math.SQRT1_2 : a === c + d / 2 ? -Math.SQRT1_2 : 0)))
    case 'difference':
      return upTo(d - 1, (c) => upTo(d, (a) => (a <= c ? -1 : a === c + 1 ? c + 1 : 0) / Math.sqrt((c + 1) * (c + 2))))
    case 'symmetric-matrix':
      return antisymmetric(targets, d)
    case 'orthonormal':
      return constraint.columns
  }
}

/** (E_ij − E_ji)/√2 for i < j of every matrix */
function antisymmetric(targets: readonly Target[], d: number): Rows {
  const columns: number[][] = []
  let start = 0
  for (const { shape } of targets) {
    const n = shape[0] ?? 0
    for (let i = 0; i < n; i += 1) {
      for (let j = i + 1; j < n; j += 1) {
        const column = upTo(d, () => 0)
        column[start + i * n + j] = Math.SQRT1_2
        column[start + j * n + i] = -Math.SQRT1_2
        columns.push(column)
      }
    }
    start += n * n
  }
  return columns
}

function sizeOf({ shape }: Target): number {
  return shape.reduce((product, n) => product * n, 1)
}
