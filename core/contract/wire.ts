/**
 * How the contract crosses a boundary, alike over a message port and over HTTP: numbers that JSON would lose, arrays as bytes,
 * and refusals with their code. Every server spreads `serverOptions` into its handler, every page `linkOptions` into its link, and a
 * caller in the same process `callerOptions` into its router client. No transport is chosen here.
 */
import { AsyncIteratorClass, ORPCError, ValidationError } from '@orpc/contract'
import { bytesToBase64, base64ToBytes } from './base64.ts'
import { Refusal, codes, fromRecord, quote, refusalRecord, toRecord } from './errors.ts'
import { problemsOf } from './problems.ts'

/** Where a bug's text goes: the log of the host, never the page. */
export type Log = (text: string) => void

type Serializer = {
  readonly type: number
  condition(value: unknown): boolean
  serialize(value: unknown): unknown
  deserialize(wire: unknown): unknown
}

const arrayKinds = { Float64Array, Float32Array, Int32Array, Uint8Array } as const
type ArrayKind = keyof typeof arrayKinds

/**
 * What oRPC's JSON loses: ±∞ becomes null, −0 becomes 0, and a typed array an object. Bits are kept, those of NaN too.
 *
 * Arrays travel as base64 of their little-endian bytes at every length, never as `Blob`: a decoder must answer at once and a Blob's
 * bytes come by a promise, and a Blob can't stand in an event. Measured for 10⁶ float64 with both cores busy: base64 15 ms,
 * JSON 125 ms, both ways together; a multipart form with a Blob takes 50 to 180 ms.
 */
export const customJsonSerializers: Serializer[] = [
  {
    type: 20, // 0–7 are oRPC's own
    condition: (value) => value === Infinity || value === -Infinity || Object.is(value, -0),
    serialize: (value) => (Object.is(value, -0) ? '-0' : String(value)),
    deserialize: (wire) => {
      if (wire === '-0' || wire === 'Infinity' || wire === '-Infinity') return Number(wire)
      throw new TypeError(`number: expected "-0", "Infinity" or "-Infinity", got ${quote(wire)}`)
    },
  },
  arraySerializer(21, 'Float64Array'),
  arraySerializer(22, 'Float32Array'),
  arraySerializer(23, 'Int32Array'),
  arraySerializer(24, 'Uint8Array'),
]

function arraySerializer(type: number, kind: ArrayKind): Serializer {
  const make = arrayKinds[kind]
  return {
    type,
    condition: (value) => value instanceof make,
    // Every machine that Node and Electron are built for here (x64, arm64) is little-endian, so an array's memory is its wire form.
    serialize: (value) => (value instanceof make ? bytesToBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) : value),
    deserialize: (wire) => {
      const bytes = base64ToBytes(wire)
      if (bytes.length % make.BYTES_PER_ELEMENT !== 0) {
        throw new TypeError(`${kind}: expected a multiple of ${make.BYTES_PER_ELEMENT} bytes, got ${bytes.length}`)
      }
      return new make(bytes.buffer, 0, bytes.length / make.BYTES_PER_ELEMENT)
    },
  }
}

/** The parts of an `AbortSignal` that are used here; the name itself does not exist in a pure layer. */
type Signal = {
  readonly aborted: boolean
  addEventListener(kind: 'abort', listener: () => void): void
  removeEventListener(kind: 'abort', listener: () => void): void
}
type Call = { readonly path: readonly string[]; readonly signal?: Signal | undefined; next(): PromiseLike<unknown> }
type Handled = { readonly matched: boolean }
type Request<T extends Handled> = { readonly request: { readonly url: { readonly pathname: string } }; next(): PromiseLike<T> }

/** For `RPCHandler` of any transport: the serialisers, and every answer that is not a success in our codes. */
export function serverOptions(log: Log) {
  return {
    customJsonSerializers,
    /** Around decoding and matching: what can't be read, and an unknown route. */
    interceptors: [
      async <T extends Handled>({ request, next }: Request<T>): Promise<T> => {
        try {
          const handled = await next()
          if (handled.matched) return handled
        } catch (error) {
          // A handler's own errors arrive here as ORPCErrors, made below; anything else was thrown while the request was read.
          if (!(error instanceof ORPCError)) throw toWire(unreadable(error))
          throw toWire(answerOf(error, { route: 'request', log }), statusOf(error))
        }
        throw toWire(new Refusal('not-found', `request: expected a known route, got ${quote(request.url.pathname)}`))
      },
    ],
    /** Around the handler: validation, refusals and bugs, in the call and in the stream that it may return. */
    clientInterceptors: [
      async ({ path, signal, next }: Call): Promise<unknown> => {
        const answer = (error: unknown): Error => toWire(answerOf(error, { route: path.join('.'), log, signal }))
        return guard(next, { signal, answer, late: (error) => log(`bug: ${textOf(error)}`) })
      },
    ],
  }
}

/** For `createRouterClient`: a call in the same process answers like one from outside, without the wire. */
export function callerOptions(log: Log) {
  return {
    interceptors: [
      async ({ path, signal, next }: Call): Promise<unknown> => {
        const answer = (error: unknown): Error => answerOf(error, { route: path.join('.'), log, signal })
        return guard(next, { signal, answer, late: (error) => log(`bug: ${textOf(error)}`) })
      },
    ],
  }
}

/** For `RPCLink` of any transport: the serialisers, and what the workbench refused as a `Refusal` again. */
export function linkOptions() {
  return {
    customJsonSerializers,
    interceptors: [
      async ({ next }: { next(): PromiseLike<unknown> }): Promise<unknown> =>
        guard(next, { signal: undefined, answer: fromWire, late: () => undefined }),
    ],
  }
}

/**
 * The refusal that a received error stands for. What the workbench did not say stays as it is: a closed port, an aborted call or an
 * unreachable server is the transport's own error, so that a page can tell "no" from "nobody there".
 */
export function fromWire(error: unknown): Error {
  if (!(error instanceof ORPCError)) return error instanceof Error ? error : new Error(String(error))
  const record = refusalRecord.safeParse(error.data)
  if (record.success) return fromRecord(record.data)
  if (error.status === 404) return new Refusal('not-found', error.message)
  return new Refusal(error.status === 400 || error.status === 413 ? 'invalid-input' : 'internal', error.message)
}

/** A refusal as the error that oRPC carries; `status` differs from the table's only for a body that is too long. */
export function toWire(refusal: Refusal, status: number = codes[refusal.code].http): ORPCError<string, unknown> {
  return new ORPCError(refusal.code, { defined: true, status, message: refusal.message, data: toRecord(refusal) })
}

type Asked = { readonly route: string; readonly log: Log; readonly signal?: Signal | undefined }

/** Any thrown value as what may be told: a refusal as it is, oRPC's own errors in our codes, a bug without its text. */
function answerOf(error: unknown, { route, log, signal }: Asked): Refusal {
  if (error instanceof Refusal) return error.code === 'internal' ? bug(error, route, log) : error
  if (signal?.aborted === true) return new Refusal('cancelled', `${route}: expected the caller to wait, got an aborted call`)
  if (!(error instanceof ORPCError)) return bug(error, route, log)
  const record = refusalRecord.safeParse(error.data)
  if (record.success) return fromRecord(record.data)
  switch (error.status) {
    case 400:
      return error.cause instanceof ValidationError ? invalid(error.cause, route) : unreadable(error)
    case 404:
      return new Refusal('not-found', `${route}: expected a known route, got none of that name`)
    case 405:
      return new Refusal('invalid-input', `${route}: expected POST, got another method`)
    case 413:
      return new Refusal('invalid-input', `${route}: expected a shorter body, got one beyond the server's limit`)
    default:
      return bug(error.cause ?? error, route, log)
  }
}

const statusOf = (error: { readonly status: number }): number | undefined =>
  error.status === 413 || error.status === 405 ? error.status : undefined

function invalid({ issues, data }: ValidationError, route: string): Refusal {
  const problems = problemsOf({ route, issues, input: data })
  const [first = `${route}: expected another input, got ${quote(data)}`] = problems
  return new Refusal('invalid-input', first, problems.length > 1 ? problems : [])
}

function unreadable(error: unknown): Refusal {
  const text = error instanceof Error ? error.message : String(error)
  return new Refusal('invalid-input', `request: expected a body in the contract's form, got one that can't be read (${quote(text, 120)})`)
}

function bug(error: unknown, route: string, log: Log): Refusal {
  log(`bug in ${route}: ${textOf(error)}`)
  return new Refusal('internal', `${route}: expected an answer, got a bug of this program; its text is in the log`)
}

function textOf(error: unknown): string {
  const issues = error instanceof ValidationError ? ` ${quote(error.issues, 600)}` : ''
  return (error instanceof Error ? (error.stack ?? error.message) : String(error)) + issues
}

type Guard = { readonly signal: Signal | undefined; answer(error: unknown): Error; late(error: unknown): void }

/** Passes a call on; what it throws, now or later in its stream, goes through `answer`. */
async function guard(next: () => PromiseLike<unknown>, options: Guard): Promise<unknown> {
  try {
    const output = await next()
    return isStream(output) ? guardStream(output, options) : output
  } catch (error) {
    throw options.answer(error)
  }
}

/**
 * The same stream with its errors mapped, that ends at once when `signal` is aborted: a generator that waits for its next event
 * can't be returned before that event, so its reader must not wait for it. `late` hears what its clean-up throws.
 */
function guardStream(source: AsyncIterator<unknown>, { signal, answer, late }: Guard): AsyncIteratorClass<unknown> {
  let end: () => void = () => undefined
  const onAbort = (): void => end()
  signal?.addEventListener('abort', onAbort)
  const pull = (): Promise<IteratorResult<unknown>> =>
    // One promise for each event: racing against one that lives as long as the stream would keep every event in memory.
    new Promise((resolve, reject) => {
      end = () => resolve({ done: true, value: undefined })
      if (signal?.aborted === true) return end()
      source.next().then(resolve, (error: unknown) => (signal?.aborted === true ? end() : reject(answer(error))))
    })
  return new AsyncIteratorClass(pull, async () => {
    signal?.removeEventListener('abort', onAbort)
    Promise.resolve(source.return?.()).catch((error: unknown) => signal?.aborted === true || late(error))
  })
}

function isStream(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value && 'next' in value && typeof value.next === 'function'
}
