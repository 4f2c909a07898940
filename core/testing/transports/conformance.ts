/** What every way to the workbench must do, whatever carries it: in the same process, over a message port, over HTTP. */
import type { ContractRouterClient } from '@orpc/contract'
import type { AnyRouter } from '@orpc/server'
import { afterEach, describe, expect, test } from 'vitest'
import { Refusal, codeNames } from '#core/contract/errors.ts'
import { contractSamples, createSampleRouter, type SampleClient } from './sampleRouter.ts'
import { createTestRouter, manyValues, type TestContract, type Witness } from './testRouter.ts'

export type Transport = {
  readonly name: string
  /** Serves the router and connects to it; `client` has the type of the router's contract. */
  connect(router: AnyRouter, log: (text: string) => void): Promise<Connection>
}

export type Connection = {
  readonly client: unknown // the caller knows the contract of the router that it gave
  /** The server goes away in good order. */
  close(): Promise<void>
  /** The other end goes away without a word; null where both ends are one process. */
  readonly vanish: { readonly client: () => Promise<void>; readonly server: () => Promise<void> } | null
}

type TestClient = ContractRouterClient<TestContract>
type Open = Connection & { readonly client: TestClient; readonly witness: Witness; readonly log: string[] }

export function transportConformance(transport: Transport): void {
  const opened: Connection[] = []
  const open = async (): Promise<Open> => {
    const log: string[] = []
    const { router, witness } = createTestRouter()
    const connection = await transport.connect(router, (text) => log.push(text))
    opened.push(connection)
    return { ...connection, client: connection.client as TestClient, witness, log } // the router is that contract's
  }
  afterEach(async () => {
    for (const connection of opened.splice(0)) await connection.close()
  })

  describe(transport.name, { timeout: 20_000 }, () => {
    describeValues(open)
    describeErrors(open)
    describeStreams(open)
    describeEnds(transport, open)
    test('every route of the contract answers with what its handler gave', async () => {
      const connection = await transport.connect(createSampleRouter(), () => undefined)
      opened.push(connection)
      const client = connection.client as SampleClient // as above
      for (const { route, call, expected } of contractSamples) expect([route, await call(client)]).toEqual([route, expected])
    })
  })
}

type Opener = () => Promise<Open>

function describeValues(open: Opener): void {
  const numbers = [0, -0, 1, Number.NaN, Infinity, -Infinity, 5e-324, -1.7976931348623157e308]

  test.each(numbers)('%d arrives as itself', async (value) => {
    const { client } = await open()
    expect(await client.values.echo({ value })).toEqual({ value }) // toEqual tells −0 from 0
    expect(await client.values.echo({ value: [value, { inside: [value] }] })).toEqual({ value: [value, { inside: [value] }] })
  })

  test.each([
    ['an empty list', []],
    ['an empty object', {}],
    ['an empty text', ''],
    ['null', null],
    ['an empty float64 array', new Float64Array(0)],
    ['float32 values', new Float32Array(numbers)],
    ['whole numbers', new Int32Array([-(2 ** 31), -1, 0, 2 ** 31 - 1])],
    ['bytes', Uint8Array.from({ length: 256 }, (_, index) => index)],
    ['text in Japanese and beyond the basic plane', '鏡 🪞'],
  ])('%s arrives equal', async (_name, value) => {
    const { client } = await open()
    expect(await client.values.echo({ value })).toEqual({ value })
  })

  test('a hundred thousand float64 from a caller and back are equal bit for bit', async () => {
    const { client } = await open()
    const sent = manyValues(100_000)
    const { value } = await client.values.echo({ value: sent })
    expect(value).toBeInstanceOf(Float64Array)
    expect(Buffer.compare(bytesOf(value), bytesOf(sent))).toBe(0)
  })

  test('a million float64 in one answer are equal bit for bit', async () => {
    const { client } = await open()
    const { value } = await client.values.many({ length: 1_000_000 })
    expect(Buffer.compare(bytesOf(value), bytesOf(manyValues(1_000_000)))).toBe(0)
  })
}

function bytesOf(value: unknown): Uint8Array {
  if (!(value instanceof Float64Array)) throw new TypeError('expected a Float64Array')
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

function describeErrors(open: Opener): void {
  test.each(codeNames.filter((code) => code !== 'internal'))('%s arrives as a refusal with its sentence and problems', async (code) => {
    const { client } = await open()
    const message = 'data.csv: expected a number, got "鏡"'
    const error = await caught(client.runs.refuse({ code, message, problems: ['row 1', 'row 2'] }))
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({ code, message, problems: ['row 1', 'row 2'] })
  })

  test('a refused input names route, field, rule and value', async () => {
    const { client } = await open()
    const error = await caught(client.runs.start({ steps: -5, name: 'a' }))
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({ code: 'invalid-input', message: 'runs.start.steps: expected a number ≥ 1, got -5' })
  })

  test('wrong types, unknown fields and names of prototypes are refused, all at once', async () => {
    const { client } = await open()
    const input = JSON.parse('{"steps":"1","name":null,"constructor":1}') as { steps: number; name: string } // wrong on purpose
    const error = await caught(client.runs.start(input))
    expect(error).toMatchObject({ code: 'invalid-input' })
    expect(error instanceof Refusal && error.problems).toEqual([
      'runs.start.steps: expected a number, got "1"',
      'runs.start.name: expected text, got null',
      'runs.start.constructor: unknown field',
    ])
  })

  test('a bug is internal, without its text and without a stack; the log has both', async () => {
    const { client, log } = await open()
    const error = await caught(client.runs.break())
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({
      code: 'internal',
      message: 'runs.break: expected an answer, got a bug of this program; its text is in the log',
    })
    expect(JSON.stringify(error)).not.toMatch(/secret|testRouter/)
    expect(log.join('\n')).toMatch(/bug in runs\.break: TypeError: secret text of a bug\n.*testRouter/)
  })
}

function describeStreams(open: Opener): void {
  test('events arrive in order, and a reader that names the last one goes on after it', async () => {
    const { client } = await open()
    expect(await take(await client.events.watch({}), 4)).toEqual([
      { cursor: 1, value: new Float64Array([1, -0, Number.NaN]) },
      { cursor: 2, value: -Infinity },
      { cursor: 3, value: new Float64Array([3, -0, Number.NaN]) },
      { cursor: 4, value: -Infinity },
    ])
    const [next] = await take(await client.events.watch({ after: 41 }), 1)
    expect(next?.cursor).toBe(42)
  })

  test('ending the loop ends the generator', async () => {
    const { client, witness } = await open()
    await take(await client.events.watch({}), 3)
    await witness.ended
  })

  test('ending the loop ends a generator that waits', async () => {
    const { client, witness } = await open()
    const controller = new AbortController()
    const stream = await client.events.wait(undefined, { signal: controller.signal })
    await stream.next()
    const waiting = stream.next().catch(() => null)
    await witness.started
    controller.abort()
    await witness.ended
    await waiting
  })

  test('a refusal ends a stream after the events before it', async () => {
    const { client } = await open()
    const seen: number[] = []
    const read = async (): Promise<void> => {
      for await (const { cursor } of await client.events.fail({ code: 'store-failed', message: 'store: expected space, got none' }))
        seen.push(cursor)
    }
    const error = await caught(read())
    expect(seen).toEqual([1, 2])
    expect(error).toBeInstanceOf(Refusal)
    expect(error).toMatchObject({ code: 'store-failed', message: 'store: expected space, got none' })
  })

  test('a bug in a stream is internal and tells nothing', async () => {
    const { client, log } = await open()
    const stream = await client.events.break()
    await stream.next()
    const error = await caught(stream.next())
    expect(error).toMatchObject({ code: 'internal' })
    expect(String(error)).not.toMatch(/secret/)
    expect(log.join('\n')).toMatch(/bug in events\.break: TypeError: secret text of a bug/)
  })

  test('a refused input of a stream is refused before its first event', async () => {
    const { client } = await open()
    expect(await caught(client.events.watch({ after: -1 }))).toMatchObject({ code: 'invalid-input' })
  })
}

function describeEnds(transport: Transport, open: Opener): void {
  test('an aborted call ends its handler', async () => {
    const { client, witness } = await open()
    const controller = new AbortController()
    const call = client.runs.hang(undefined, { signal: controller.signal }).catch(() => null) // in the process the handler still answers
    await witness.started
    controller.abort()
    await witness.ended
    await call
  })

  if (transport.name === 'in process') return

  test('an unknown route is not found, names of prototypes among them', async () => {
    const { client } = await open()
    const routes = client as unknown as Record<string, Record<string, () => Promise<unknown>>> // routes that no contract has
    for (const name of ['nothing', 'constructor', '__proto__']) {
      const error = await caught(routes['studies']?.[name]?.() ?? Promise.resolve())
      expect(error).toBeInstanceOf(Refusal)
      expect(error).toMatchObject({ code: 'not-found' })
    }
  })

  test('a server that closes ends the stream and its generator', async () => {
    const { client, close, witness } = await open()
    const stream = await client.events.wait()
    await stream.next()
    const rest = stream.next().then(
      ({ done }) => done,
      () => true, // a port tells its closing by an error, HTTP by the stream's end
    )
    await witness.started
    await close()
    expect(await rest).toBe(true)
    await witness.ended
  })

  test('a server that vanishes rejects what is pending, and not as a refusal', async () => {
    const { client, vanish, witness } = await open()
    const pending = caught(client.runs.hang())
    await witness.started
    await vanish?.server()
    const error = await pending
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(Refusal)
  })

  test('a client that vanishes ends its handlers and streams', async () => {
    const { client, vanish, witness } = await open()
    const stream = await client.events.wait()
    await stream.next()
    const rest = stream.next().catch(() => null)
    await witness.started
    await vanish?.client()
    await witness.ended
    await rest
  })
}

async function take<T>(stream: AsyncIterable<T>, length: number): Promise<T[]> {
  const events: T[] = []
  for await (const event of stream) if (events.push(event) === length) break
  return events
}

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection, got an answer')
}
