import { StandardRPCJsonSerializer } from '@orpc/client/standard'
import { ORPCError, ValidationError } from '@orpc/contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { Refusal, codeNames, codes } from './errors.ts'
import { problemsOf } from './problems.ts'
import { count } from './values.ts'
import { callerOptions, customJsonSerializers, fromWire, serverOptions, toWire } from './wire.ts'

const serializer = new StandardRPCJsonSerializer({ customJsonSerializers })

/** There and back through text, as both transports do it. */
function cross(value: unknown): unknown {
  const [json, meta] = serializer.serialize(value)
  const text = JSON.parse(JSON.stringify({ json, meta })) as { json: unknown; meta: typeof meta } // what was just written
  return serializer.deserialize(text.json, text.meta)
}

const bitsOf = (array: ArrayBufferView): number[] => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)]

describe('wire', () => {
  test.each([Infinity, -Infinity, -0, 0, Number.NaN, 5e-324, Number.MAX_VALUE])('%d crosses as itself', (value) => {
    expect(Object.is(cross(value), value)).toBe(true)
    expect(cross({ a: [value, { b: value }] })).toEqual({ a: [value, { b: value }] })
  })

  test.each([Float64Array, Float32Array, Int32Array, Uint8Array])(
    'any %o crosses bit for bit, empty and from the middle of a buffer too',
    (make) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 256 }), fc.nat(3), (bytes, skip) => {
          const whole = new make(bytes.slice(0, bytes.length - (bytes.length % make.BYTES_PER_ELEMENT)).buffer)
          const array = whole.subarray(Math.min(skip, whole.length))
          const back = cross({ array })
          expect(back).toEqual({ array: expect.any(make) as unknown }) // a matcher stands where an array is
          expect(bitsOf((back as { array: typeof array }).array)).toEqual(bitsOf(array)) // the line above checked the shape
        }),
      )
    },
  )

  test('a payload in a NaN survives in an array', () => {
    const odd = new Float64Array(new BigUint64Array([0x7ff8_dead_beef_0001n]).buffer)
    const back = cross(odd)
    expect(back instanceof Float64Array && bitsOf(back)).toEqual(bitsOf(odd))
  })

  test.each([
    ['a number that is none', 20, '1e999'],
    ['bytes that are no float64', 21, 'AAAA'],
    ['an object for bytes', 21, { length: 8 }],
    ['a bare number for bytes', 24, 7],
  ])('%s from outside is refused while it is read', (_name, type, json) => {
    expect(() => serializer.deserialize(json, [[type]])).toThrow(TypeError)
  })
})

describe('refusals on the wire', () => {
  test.each(codeNames)('%s keeps its code, sentence, problems and status', (code) => {
    const refusal = new Refusal(code, 'training.steps: expected a whole number ≥ 1, got -5', ['one', 'two'])
    const sent = toWire(refusal)
    expect(sent.status).toBe(codes[code].http)
    const back = fromWire(new ORPCError(sent.code, JSON.parse(JSON.stringify(sent.toJSON())) as object)) // what was just written
    expect(back).toBeInstanceOf(Refusal)
    expect(back).toMatchObject({ code, message: refusal.message, problems: ['one', 'two'] })
  })

  test('an error of the transport stays what it is, so that silence is not taken for a refusal', () => {
    const closed = new TypeError('fetch failed')
    expect(fromWire(closed)).toBe(closed)
  })
})

describe('serverOptions', () => {
  const answer = async (thrown: Error, log: string[] = []): Promise<unknown> =>
    serverOptions((text) => log.push(text))
      .clientInterceptors[0]?.({ path: ['studies', 'get'], next: () => Promise.reject(thrown) }) // anything may be thrown
      .catch((error: unknown) => error)

  test('a refused input becomes invalid-input that names route, field, rule and value', async () => {
    const schema = z.strictObject({ steps: count, name: z.string() })
    const input = { steps: -5, name: 7, naem: 'x' }
    const issues = schema.safeParse(input).error?.issues ?? []
    const thrown = new ORPCError('BAD_REQUEST', { data: { issues }, cause: new ValidationError({ message: '', issues, data: input }) })
    expect(await answer(thrown)).toMatchObject({
      code: 'invalid-input',
      data: {
        code: 'invalid-input',
        message: 'studies.get.steps: expected a number ≥ 0, got -5',
        problems: [
          'studies.get.steps: expected a number ≥ 0, got -5',
          'studies.get.name: expected text, got 7',
          'studies.get.naem: unknown field',
        ],
      },
    })
  })

  test('a bug tells its text to the log and nothing of it to the caller', async () => {
    const log: string[] = []
    const told = await answer(new TypeError('secret path /home/a'), log)
    expect(told).toMatchObject({ code: 'internal', status: 500 })
    expect(JSON.stringify(told)).not.toMatch(/secret|wire\.test/)
    expect(log.join()).toMatch(/bug in studies\.get: TypeError: secret path/)
  })

  test('an unknown route and an unreadable body are refusals', async () => {
    const [around] = serverOptions(() => undefined).interceptors
    const request = { url: { pathname: '/studies/constructor' } }
    const told = (next: () => Promise<{ matched: boolean }>) => around?.({ request, next }).catch((error: unknown) => error)
    expect(await told(() => Promise.resolve({ matched: false }))).toMatchObject({ code: 'not-found', status: 404 })
    expect(await told(() => Promise.reject(new SyntaxError('Unexpected token')))).toMatchObject({ code: 'invalid-input', status: 400 })
  })
})

describe('streams', () => {
  const [around] = callerOptions(() => undefined).interceptors
  type Listener = () => void
  /** A signal of which only the three used members exist. */
  function signalOf(): {
    aborted: boolean
    listeners: Set<Listener>
    abort(): void
    addEventListener(k: 'abort', l: Listener): void
    removeEventListener(k: 'abort', l: Listener): void
  } {
    const listeners = new Set<Listener>()
    const signal = {
      aborted: false,
      listeners,
      abort() {
        signal.aborted = true
        for (const listener of listeners) listener()
      },
      addEventListener: (_kind: 'abort', listener: Listener) => void listeners.add(listener),
      removeEventListener: (_kind: 'abort', listener: Listener) => void listeners.delete(listener),
    }
    return signal
  }

  test('a stream whose call is aborted ends though its generator still waits', async () => {
    const signal = signalOf()
    async function* silent(): AsyncGenerator<number> {
      yield 1
      await new Promise(() => undefined)
    }
    const stream = (await around?.({ path: ['events', 'watch'], signal, next: () => Promise.resolve(silent()) })) as AsyncIterator<number> // as given
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    const waiting = stream.next()
    signal.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(signal.listeners.size).toBe(0)
  })

  test('a refusal thrown by a generator reaches the reader after the events before it', async () => {
    async function* failing(): AsyncGenerator<number> {
      yield 1
      await Promise.resolve()
      throw new Refusal('store-failed', 'store: expected space on the disk, got none')
    }
    const stream = (await around?.({ path: ['events', 'watch'], next: () => Promise.resolve(failing()) })) as AsyncIterator<number> // as given
    expect(await stream.next()).toEqual({ done: false, value: 1 })
    await expect(stream.next()).rejects.toMatchObject({ code: 'store-failed' })
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })
})

describe('problemsOf', () => {
  test('never lists more than fifty problems, and says how many more there are', () => {
    const issues = Array.from({ length: 60 }, (_, index) => ({ message: 'expected a number', path: [index] }))
    const sentences = problemsOf({ route: 'a', issues, input: [] })
    expect([sentences.length, sentences[50]]).toEqual([51, 'a: expected at most 50 problems, got 10 more'])
  })

  test('a path of a prototype member shows nothing of the program', () => {
    const [sentence] = problemsOf({ route: 'a', issues: [{ message: 'expected text', path: ['constructor'] }], input: {} })
    expect(sentence).toBe('a.constructor: expected text, got undefined')
  })
})
