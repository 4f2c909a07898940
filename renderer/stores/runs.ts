/** Runs of one study in one order, held in pages: a table of 100,000 rows asks only for what it shows. */
import { defineStore } from 'pinia'
import { markRaw, shallowReadonly, shallowRef } from 'vue'
import type { Run, RunQuery } from '#core/contract/index.ts'
import { useHost } from '../client/client.ts'
import { toProblem, type Problem } from '../client/problem.ts'
import { useTiming } from '../client/timing.ts'
import { createThrottle } from './throttle.ts'
import { useEvents } from './events.ts'

/** Rows by the number of their page. */
type Pages = ReadonlyMap<number, readonly Run[]>

export const pageRows = 200
const refreshMs = 500
const keptPages = 20

export const useRuns = defineStore('runs', () => {
  const { client } = useHost()
  const events = useEvents()
  const query = shallowRef<RunQuery | null>(null)
  const total = shallowRef<number | null>(null) // null until the first page came
  const pages = shallowRef<Pages>(new Map())
  const problem = shallowRef<Problem | null>(null)
  const throttle = createThrottle(useTiming(), refreshMs, readPage)
  let shown: readonly number[] = [0]
  let generation = 0 // of the query: a new one does not wait for the pause of the old one

  const ask = (page: number): Promise<void> => throttle.ask(`${generation} ${page}`)
  const renew = (): Promise<unknown> => Promise.all(shown.map(ask))

  async function readPage(key: string): Promise<void> {
    const asked = query.value
    const [of, page] = key.split(' ').map(Number)
    if (asked === null || page === undefined || of !== generation) return
    try {
      const answer = await client.runs.list({ ...asked, offset: page * pageRows, limit: pageRows })
      if (query.value !== asked) return
      total.value = answer.total
      problem.value = null
      const all = new Map(pages.value).set(page, markRaw(answer.runs))
      pages.value = all.size > keptPages ? onlyPages(all, shown) : all
    } catch (error) {
      if (query.value === asked) problem.value = toProblem(error)
    }
  }

  /** Shows another study or order: the old rows stay until the new first page is there. */
  async function choose(next: RunQuery): Promise<void> {
    if (next.study !== query.value?.study) [total.value, pages.value] = [null, new Map()]
    query.value = next
    generation += 1
    await renew()
    if (query.value === next) pages.value = onlyPages(pages.value, shown)
  }

  /** Says which rows are on the screen, so that their pages are there. */
  function show(first: number, last: number): void {
    shown = pageNumbers(first, last)
    for (const page of shown) if (!pages.value.has(page)) void ask(page)
  }

  const row = (index: number): Run | null => pages.value.get(Math.floor(index / pageRows))?.[index % pageRows] ?? null

  events.listen(({ changed }) => changed.has(query.value?.study ?? '') && void renew())
  events.onReturn(() => void renew())

  return {
    query: shallowReadonly(query),
    total: shallowReadonly(total),
    pages: shallowReadonly(pages),
    problem: shallowReadonly(problem),
    choose,
    show,
    row,
  }
})

/** The pages that hold the rows from `first` to `last`; at least one. */
function pageNumbers(first: number, last: number): number[] {
  const from = Math.max(0, Math.floor(first / pageRows))
  return Array.from({ length: Math.max(1, Math.floor(last / pageRows) - from + 1) }, (_, i) => from + i)
}

function onlyPages(pages: Pages, wanted: readonly number[]): Pages {
  return new Map([...pages].filter(([page]) => wanted.includes(page)))
}
