/**
 * A model under its reparametrisations: what is trained, and how the plain parameters come from it.
 *
 * Each reparametrisation takes the plain parameters that its pattern names; two may not name the same. Parameters that none names are trained as they are.
 */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Tensors } from '#core/engines/ops.ts'
import { split, type Key } from '#core/numerics/random/key.ts'
import type { Parameters, ParameterShape } from '../models/model.ts'
import { stackParameters } from '../models/stack.ts'
import { requireNames } from '../pattern.ts'
import { reparametrisationKinds, type Reparametrisation } from './registry.ts'
import { entryOf, type ReparametrisationKind } from './reparametrisation.ts'

export type Reparametrised = {
  /** What is trained, in the order in which it is stored and hashed. */
  readonly trained: readonly ParameterShape[]
  /** The trained values before the first step, and what is drawn once and stays; from the model's own initial values. */
  start(model: Parameters, key: Key): { readonly trained: Parameters; readonly constants: Parameters }
  /** The plain parameters, [R, …] each, from the trained ones and the constants. */
  expand(trained: Tensors, constants: Tensors): Tensors
  /** What decay is multiplied by, entry by entry; nothing for parameters that are not named. */
  decayScale(constants: Parameters): Parameters
}

type Part = { readonly kind: ReparametrisationKind; readonly settings: Reparametrisation; readonly targets: readonly ParameterShape[] }

/** Fails: 'invalid-input' for a pattern that names nothing or what another has, or a target that the reparametrisation cannot take. */
export function reparametrised(plain: readonly ParameterShape[], list: readonly Reparametrisation[]): Reparametrised {
  const parts = partsOf(plain, list)
  const taken = new Set(parts.flatMap(({ targets }) => targets.map(({ name }) => name)))
  const rest = plain.filter(({ name }) => !taken.has(name))
  return {
    trained: [...rest, ...parts.flatMap(({ kind, settings, targets }, i) => placed(i, () => kind.parameters(settings, targets)))],
    start: (model, key) => {
      const trained: Record<string, Float64Array> = Object.fromEntries(rest.map(({ name }) => [name, entryOf(model, name)]))
      const constants: Record<string, Float64Array> = {}
      for (const [i, { kind, settings, targets }] of parts.entries()) {
        const own = split(key, `reparametrise/${i}`)
        const drawn = kind.constants(settings, targets, own)
        Object.assign(constants, drawn)
        Object.assign(trained, kind.init(settings, { targets, model, constants: drawn, key: own }))
      }
      return { trained, constants }
    },
    expand: (trained, constants) => ({
      ...Object.fromEntries(rest.map(({ name }) => [name, entryOf(trained, name)])),
      ...joined(parts.map(({ kind, settings, targets }) => kind.expand(settings, targets, { trained, constants }))),
    }),
    decayScale: (constants) => joined(parts.map(({ kind, settings }) => kind.decayScale?.(settings, constants) ?? {})),
  }
}

/** A refusal of the reparametrisation at this place of the list says which one it is. */
function placed<T>(i: number, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal(error.code, error.message.replace(/^reparametrise\./, `reparametrise[${i}].`))
  }
}

function joined<T>(records: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  return Object.fromEntries(records.flatMap((record) => Object.entries(record)))
}

function partsOf(plain: readonly ParameterShape[], list: readonly Reparametrisation[]): readonly Part[] {
  const owner = new Map<string, number>()
  return list.map((settings, i) => {
    const names = requireNames(
      `reparametrise[${i}].parameters`,
      settings.parameters,
      plain.map(({ name }) => name),
    )
    for (const name of names) {
      const other = owner.get(name)
      if (other !== undefined)
        throw new Refusal(
          'invalid-input',
          `reparametrise[${i}].parameters: expected parameters that reparametrise[${other}] leaves, got ${quote(name)}`,
        )
      owner.set(name, i)
    }
    const kind: ReparametrisationKind = reparametrisationKinds[settings.kind] // its functions take the settings of its own kind, which these are
    return { kind, settings, targets: plain.filter(({ name }) => names.includes(name)) }
  })
}

/**
 * What reparametrisations drew once for several runs, [R, …] each, in the precision of the active engine: `NAME/…` in the shape of the plain parameter NAME, else as it is.
 *
 * @param plain  the model's own parameters
 */
export function stackConstants(plain: readonly ParameterShape[], runs: readonly Parameters[]): Tensors {
  const shapes = new Map(plain.map(({ name, shape }) => [name, shape]))
  const drawn = Object.entries(runs[0] ?? {}).map(([name, values]) => {
    return { name, shape: shapes.get(name.slice(0, name.lastIndexOf('/'))) ?? [values.length] }
  })
  return stackParameters(drawn, runs)
}
