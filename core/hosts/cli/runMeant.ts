/** Which run a user means, by what the tables of runs show of it. */
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Run } from '#core/contract/runs.ts'
import { readRuns } from '#core/store/readRuns.ts'
import type { Readable } from '#core/store/statements.ts'
import { hintFor } from '#core/study/text/nearest.ts'

/** A run by its id, by the end of it that the table of runs shows, or by a start of either that only one has. */
export function runMeant(db: Readable, text: string | undefined): Run {
  const { runs } = readRuns(db, { limit: 100_000 })
  const shortOf = ({ id, study }: Run) => id.slice(study.length + 1)
  const [first] = runs
  if (text === undefined || text === '')
    throw new Refusal(
      'invalid-input',
      `RUN: expected a run of the project${first === undefined ? ', which has none' : `, such as ${shortOf(first)}`}, got nothing`,
    )
  const whole = runs.filter((run) => run.id === text || shortOf(run) === text)
  const found = whole.length > 0 ? whole : runs.filter((run) => run.id.startsWith(text) || shortOf(run).startsWith(text))
  const [run, second] = found
  if (run === undefined) {
    const hint = hintFor(text, [...runs.map(shortOf), ...runs.map(({ id }) => id)])
    throw new Refusal('not-found', `RUN: expected a run of this project, got ${quote(text)}${hint}`)
  }
  if (second === undefined) return run
  throw new Refusal(
    'invalid-input',
    `RUN: expected one run, got ${quote(text)}, with which ${found.length} begin: ${run.id}, ${second.id}${found.length > 2 ? ', …' : ''}`,
  )
}
