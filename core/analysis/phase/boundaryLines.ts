/**
 * Where a function of two numbers changes its sign, as lines over one of them: at each place the roots in the other, found by looking at places between and halving,
 * joined by their order. Each seed may have a function of its own; the lines are their medians with their extremes.
 */
import { median } from '#core/numerics/statistics/moments.ts'
import { turningPoint } from '#core/symmetry/oracles/turningPoint.ts'

/** A change of sign: `rises` from negative to what is not. */
export type Root = { readonly value: number; readonly rises: boolean }

/**
 * The roots of a function between neighbouring places where its sign differs. Two roots between the same places cancel and are not seen.
 *
 * @param f       real; 0 counts as positive; next to NaN there is no root
 * @param places  in increasing order
 * @returns       in increasing order, to the last bits; where f jumps, the jump
 */
export function rootsOf(f: (value: number) => number, places: readonly number[]): readonly Root[] {
  const values = places.map(f)
  return places.slice(1).flatMap((right, i): Root[] => {
    const left = places[i] ?? Number.NaN
    const [before, after] = [values[i] ?? Number.NaN, values[i + 1] ?? Number.NaN]
    if (Number.isNaN(before) || Number.isNaN(after) || before >= 0 === after >= 0) return []
    let isKnown = true
    const value = turningPoint(
      (place) => {
        const here = f(place)
        if (Number.isNaN(here)) isKnown = false
        return here >= 0 === before >= 0
      },
      left,
      right,
    )
    return isKnown ? [{ value, rises: after >= 0 }] : []
  })
}

export type Line = {
  readonly collapses: 'above' | 'below'
  readonly points: readonly { readonly at: number; readonly value: number; readonly low: number; readonly high: number }[]
}

/**
 * Roots joined to lines: the first that rises at every place is one line, the second another, and so on; the same of those that fall. A place without such a root
 * ends its piece. A seed that has no root at a place is left out there.
 *
 * @param places  in increasing order
 * @param roots   of every seed, at every place
 */
export function joinRoots(places: readonly number[], roots: readonly (readonly (readonly Root[])[])[]): readonly Line[] {
  return [true, false].flatMap((rises) => {
    const ofSeeds = roots.map((atPlaces) => atPlaces.map((all) => all.filter((root) => root.rises === rises)))
    const most = Math.max(0, ...ofSeeds.flatMap((atPlaces) => atPlaces.map(({ length }) => length)))
    return Array.from({ length: most }, (_, k) => k).flatMap((k) =>
      pieces(places, (place) => ofSeeds.flatMap((atPlaces) => atPlaces[place]?.[k]?.value ?? [])).map((points) => ({
        collapses: rises ? ('above' as const) : ('below' as const),
        points,
      })),
    )
  })
}

function pieces(places: readonly number[], valuesAt: (place: number) => readonly number[]): Line['points'][] {
  const found: Line['points'][number][][] = []
  let isOpen = false
  for (const [place, at] of places.entries()) {
    const values = valuesAt(place)
    if (values.length === 0) {
      isOpen = false
      continue
    }
    const point = { at, value: median(Float64Array.from(values)), low: Math.min(...values), high: Math.max(...values) }
    if (isOpen) found.at(-1)?.push(point)
    else found.push([point])
    isOpen = true
  }
  return found
}
