/** A small contract whose routes do what a transport must carry: values, refusals, bugs, streams that go on, wait, fail or never end. */
import { setImmediate } from 'node:timers/promises'
import { oc, eventIterator } from '@orpc/contract'
import { implement } from '@orpc/server'
import { z } from 'zod'
import { Refusal, codeNames, codes, refusalRecord, type Code } from '#core/contract/errors.ts'
import { count, float64Array } from '#core/contract/values.ts'

const errors = Object.fromEntries(codeNames.map((code) => [code, { status: codes[code].http, data: refusalRecord }])) as Record<
  Code, // fromEntries forgets the keys; they are those of `codes`
  { status: number; data: typeof refusalRecord }
>
const route = oc.errors(errors)
const numbered = z.strictObject({ cursor: count, value: z.unknown() })

export const testContract = {
  values: {
    echo: route.input(z.strictObject({ value: z.unknown() })).output(z.strictObject({ value: z.unknown() })),
    many: route.input(z.strictObject({ length: count })).output(z.strictObject({ value: float64Array })),
  },
  runs: {
    start: route.input(z.strictObject({ steps: z.number().int().min(1), name: z.string() })).output(z.null()),
    refuse: route.input(refusalRecord).output(z.null()),
    break: route.output(z.null()), // a bug
    hang: route.output(z.null()), // answers never, until its caller is gone
  },
  events: {
    watch: route.input(z.strictObject({ after: count.optional() })).output(eventIterator(numbered)), // from the cursor on, without an end
    fail: route.input(refusalRecord).output(eventIterator(numbered)), // two events, then a refusal
    break: route.output(eventIterator(numbered)), // one event, then a bug
    wait: route.output(eventIterator(numbered)), // one event, then silence
  },
}
export type TestContract = typeof testContract

/** What the routes did, told by promises so that no test sleeps. */
export type Witness = {
  readonly started: Promise<void> // `hang` or `wait` runs
  readonly ended: Promise<void> // and its caller is gone, or its stream was ended
}

export function createTestRouter() {
  const started = mark()
  const ended = mark()
  const os = implement(testContract)
  const gone = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => (signal?.aborted === true ? resolve() : signal?.addEventListener('abort', () => resolve(), { once: true })))
  const refusal = ({ code, message, problems }: z.infer<typeof refusalRecord>): Refusal => new Refusal(code, message, problems)
  const router = os.router({
    values: {
      echo: os.values.echo.handler(({ input }) => ({ value: input.value })),
      many: os.values.many.handler(({ input }) => ({ value: manyValues(input.length) })),
    },
    runs: {
      start: os.runs.start.handler(() => null),
      refuse: os.runs.refuse.handler(({ input }) => {
        throw refusal(input)
      }),
      break: os.runs.break.handler(() => {
        throw new TypeError('secret text of a bug')
      }),
      hang: os.runs.hang.handler(async ({ signal }) => {
        started.resolve()
        await gone(signal)
        ended.resolve()
        return null
      }),
    },
    events: {
      watch: os.events.watch.handler(async function* ({ input }) {
        try {
          for (let cursor = (input.after ?? 0) + 1; ; cursor += 1) {
            await setImmediate() // as events do, and so that the reader's end can be heard between two of them
            yield { cursor, value: cursor % 2 === 0 ? -Infinity : new Float64Array([cursor, -0, Number.NaN]) }
          }
        } finally {
          ended.resolve()
        }
      }),
      fail: os.events.fail.handler(async function* ({ input }) {
        yield { cursor: 1, value: null }
        yield { cursor: 2, value: null }
        throw refusal(input)
      }),
      break: os.events.break.handler(async function* () {
        yield { cursor: 1, value: null }
        throw new TypeError('secret text of a bug')
      }),
      wait: os.events.wait.handler(async function* ({ signal }) {
        try {
          yield { cursor: 1, value: null }
          started.resolve()
          await gone(signal)
        } finally {
          ended.resolve()
        }
      }),
    },
  })
  const witness: Witness = { started: started.promise, ended: ended.promise }
  return { router, witness }
}

/** A promise and what keeps it. */
function mark(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>((keep) => (resolve = keep))
  return { promise, resolve: () => resolve() }
}

/** Every kind of float64 by its bits: denormals, infinities and NaN with payloads among them; a linear congruence fills the words. */
export function manyValues(length: number): Float64Array {
  const words = new Uint32Array(2 * length)
  let word = 1
  for (let index = 0; index < words.length; index += 1) words[index] = word = (Math.imul(word, 1664525) + 1013904223) >>> 0
  return new Float64Array(words.buffer)
}
