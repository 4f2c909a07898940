/**
 * Of which symmetry a reflection at a place is: the model's own where its units stand there, else what its companions say.
 *
 * The search believes no account of a model; this is how what it finds is called, and how a symmetry that a study has taken away is told from a candidate that never was one.
 * Source: theory.md section 3.
 */
import type { Words } from '#core/contract/values.ts'
import { weightDecayOf, type Regularisation } from '#core/learning/regularisation.ts'
import { familiesOf, symmetryKinds } from '#core/symmetry/symmetries/registry.ts'
import { keepsMirrors, type ModelSettings, type Steps, type SymmetryFamily } from '#core/symmetry/symmetries/symmetry.ts'
import { unitsOf, type Units } from '#core/symmetry/symmetries/units.ts'
import type { Place, Reflection } from './candidates.ts'
import type { Network } from './network.ts'

export type SymmetryName = SymmetryFamily['kind'] | 'translation'
export type Named = { readonly symmetry: SymmetryName; readonly family: string | null; readonly title: Words }

const translation: Words = { en: 'Translation of all outputs', ja: '出力全体の平行移動' }

/**
 * The name of the reflections of one kind at one place.
 *
 * @param settings  of the network's model
 * @param found     the reflections found at the place, which tell a flip of products from that of a neuron, and both from a rotation's
 */
export function nameOf(
  { model, form, size }: Network,
  settings: ModelSettings,
  { place, reflection, found }: { place: Place; reflection: Reflection; found: ReadonlySet<Reflection> },
): Named {
  const plain = new Map(model.kind.parameters(model.settings, size).map(({ name, shape }) => [name, shape.length]))
  const trained = new Map(form.trained.map(({ name, shape }) => [name, shape.length]))
  const key = (sides: Units['sides'], dimensions: ReadonlyMap<string, number>) =>
    [...new Set(sides.map(({ parameter, axis }) => `${baseOf(parameter)} ${dimensions.get(parameter) === 1 ? 'columns' : axis}`))].sort().join() // prettier-ignore
  const here = key(place.sides, trained)
  const kinds = unitsOf(settings).filter(({ sides }) => key(sides, plain) === here)
  const own = familiesOf(settings).find((family) =>
    isOwn(family, { reflection, kinds, place, isProduct: settings.kind === 'product-linear' }),
  )
  if (own !== undefined) return { symmetry: own.kind, family: own.name, title: own.title }
  const symmetry = symmetryOf(reflection, found)
  return { symmetry, family: null, title: symmetry === 'translation' ? translation : titleOf(symmetry, reflection) }
}

/** What is trained of a plain parameter is called after it: layer1.weight/u. */
function baseOf(parameter: string): string {
  return parameter.split('/')[0] ?? parameter
}

type Asked = { readonly reflection: Reflection; readonly kinds: readonly Units[]; readonly place: Place; readonly isProduct: boolean }

/** Whether a family of the model has this reflection of units that stand at the place. */
function isOwn({ kind, name, blocks, hasMirrors }: SymmetryFamily, { reflection, kinds, place, isProduct }: Asked): boolean {
  if (!hasMirrors) return false
  const bases = place.sides.map(({ parameter }) => baseOf(parameter))
  if (isProduct) {
    const isExchange = reflection === 'exchange' || reflection === 'negated-exchange'
    const isPair = new Set(bases).size === 2 && bases.every((parameter) => blocks.includes(parameter))
    return isPair && (name === 'exchange' ? isExchange : reflection === 'flip')
  }
  const isHere = (units: Units) => units.sides.every(({ parameter }) => blocks.includes(parameter)) && blocks.length === units.sides.length
  return kinds.some((units) => {
    if (!isHere(units)) return false
    const { activation, areExchangeable } = units
    switch (kind) {
      case 'rotation':
        return activation === 'linear' && (reflection === 'rotation' || reflection === 'flip' || isSwap(reflection))
      case 'sign-flip':
        return activation === 'odd' && reflection === 'flip'
      case 'permutation':
        return (
          areExchangeable && activation !== 'linear' && (reflection === 'swap' || (reflection === 'negated-swap' && activation === 'odd'))
        )
      case 'rescaling':
        return false
    }
  })
}

function isSwap(reflection: Reflection): boolean {
  return reflection === 'swap' || reflection === 'negated-swap'
}

function symmetryOf(reflection: Reflection, found: ReadonlySet<Reflection>): SymmetryName {
  switch (reflection) {
    case 'mean':
      return 'translation'
    case 'rotation':
      return 'rotation'
    case 'exchange':
    case 'negated-exchange':
      return 'rescaling'
    case 'flip':
      if (found.has('exchange')) return 'rescaling'
      return found.has('rotation') ? 'rotation' : 'sign-flip'
    case 'swap':
    case 'negated-swap':
      return found.has('rotation') ? 'rotation' : 'permutation'
  }
}

function titleOf(symmetry: SymmetryFamily['kind'], reflection: Reflection): Words {
  return symmetry === 'rescaling' && reflection !== 'flip' ? { en: 'Exchange of factors', ja: '因子の交換' } : symmetryKinds[symmetry].title
}

export type OnMirror = 'zero' | 'equal' | 'dependent' | 'mean-zero'

/** What the mirrors of a reflection say of their units. */
export function onMirrorOf(reflection: Reflection): OnMirror {
  switch (reflection) {
    case 'flip':
      return 'zero'
    case 'rotation':
      return 'dependent'
    case 'mean':
      return 'mean-zero'
    default:
      return 'equal'
  }
}

/**
 * Whether a step of training leads from a point of such a mirror to another.
 *
 * As `keepsMirrors`, and a decay must not tell apart what the reflection exchanges.
 * @param scaled  the parameters whose decay differs entry by entry
 * Source: theory.md 1.7.
 */
export function keepsReflection(
  { place, reflection }: { place: Place; reflection: Reflection },
  steps: Steps & { readonly regularisation: Regularisation },
  scaled: ReadonlySet<string>,
): boolean {
  const isEntrywise = reflection !== 'rotation' && reflection !== 'mean'
  const onMirror = reflection === 'flip' ? 'zero' : 'equal'
  if (!keepsMirrors({ areSignedPermutations: isEntrywise, onMirror }, steps)) return false
  if (reflection === 'flip') return true
  const names = place.sides.map(({ parameter }) => parameter)
  if (names.some((name) => scaled.has(name))) return false
  const isAcross = reflection === 'exchange' || reflection === 'negated-exchange' // all others mix entries of one parameter
  return !isAcross || new Set(names.map((name) => weightDecayOf(steps.regularisation, name))).size === 1
}
