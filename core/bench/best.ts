/** The answer of a race: this program at its best against each peer at its best. */
import type { RaceRow } from './race.ts'
import { ourName, ratioOf, type Spread } from './ratios.ts'

export type Best = {
  readonly problem: string
  readonly ours: string // how Kagami ran: its fastest engine with one process
  readonly program: string
  readonly how: string // the peer's fastest way that trains the same
  readonly ratio: Spread // theirs / ours, round by round; above 1 Kagami is faster
}

/** For each problem and each peer its fastest way whose losses are Kagami's; a peer without one is left out. */
export function bestOf(rows: readonly RaceRow[]): readonly Best[] {
  return rows
    .filter(({ isMeasure }) => isMeasure)
    .flatMap((measure) => {
      const theirs = rows.filter(({ problem, program, isSame, msPerStep }) => {
        return problem === measure.problem && program !== ourName && isSame === true && msPerStep !== null
      })
      return [...new Set(theirs.map(({ program }) => program))].flatMap((program) => {
        const [best] = theirs.filter((row) => row.program === program).toSorted((a, b) => medianOf(a) - medianOf(b))
        if (best === undefined) return []
        return [{ problem: measure.problem, ours: measure.how, program, how: best.how, ratio: ratioOf(measure.rounds, best.rounds) }]
      })
    })
}

function medianOf({ msPerStep }: RaceRow): number {
  return msPerStep?.median ?? Number.POSITIVE_INFINITY
}
