import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/message-port'
import type { ContractRouterClient } from '@orpc/contract'
import { describe, expect, test } from 'vitest'
import type { Contract } from '#core/contract/index.ts'
import { linkOptions } from '#core/contract/wire.ts'
import { standInChannel, standInIpc, type StandInPort } from '#core/testing/electron/ports.ts'
import { transportConformance } from '#core/testing/transports/conformance.ts'
import { createSampleRouter } from '#core/testing/transports/sampleRouter.ts'
import { createTestRouter } from '#core/testing/transports/testRouter.ts'
import { portGiven, portWanted } from '../preload/names.ts'
import { offerPort, servePort, type PortRequest } from './port.ts'

transportConformance({
  name: 'over a message port',
  connect: async (router, log) => {
    const { port1, port2 } = standInChannel()
    const server = servePort(port1, { router, log })
    const port = port2.transferred
    const client = createORPCClient(new RPCLink({ ...linkOptions(), port }))
    port.start()
    return {
      client,
      close: async () => server.close(),
      vanish: { client: async () => port.close(), server: async () => port1.transferred.close() },
    }
  },
})

describe('servePort', () => {
  const call = '{"i":"1","p":{"u":"/values/echo","b":{"json":{"value":1}}}}'

  test.each([
    ['no text', { i: '1' }],
    ['bytes', new Uint8Array([123, 125, 255, 1])],
    ['no JSON', '{'],
    ['null', 'null'],
    ['no address', '{"i":"1","p":{}}'],
    ['an address elsewhere', '{"i":"1","p":{"u":"http://a/values/echo"}}'],
    ['headers of a form without one', '{"i":"1","p":{"u":"/values/echo","h":{"content-type":"multipart/form-data; boundary=x"}}}'],
    ['a kind that the contract has no use for', '{"i":"1","t":3,"p":{"e":"message"}}'],
    ['undefined', undefined],
  ])('%s is dropped with a line in the log, and the port lives on', async (_name, message) => {
    const log: string[] = []
    const { port1, port2 } = standInChannel()
    const server = servePort(port1, { router: createTestRouter().router, log: (text) => log.push(text) })
    const answered = new Promise((resolve) => port2.transferred.once('message', resolve))
    port2.postMessage(message)
    port2.postMessage(call)
    expect(JSON.parse(String(await answered))).toEqual({ i: '1', p: { b: { json: { value: 1 } } } })
    expect(log).toEqual(['port: expected a call of the contract, got another message'])
    server.close()
  })

  test('nothing is posted after the port was closed', async () => {
    const { port1, port2 } = standInChannel()
    let posted = 0
    const { router, witness } = createTestRouter()
    const server = servePort({ ...port1, postMessage: () => (posted += 1) }, { router, log: () => undefined })
    port2.postMessage('{"i":"1","p":{"u":"/runs/hang"}}')
    await witness.started
    server.close()
    await witness.ended
    expect(posted).toBe(0)
  })
})

describe('offerPort', () => {
  type Given = { readonly channel: string; readonly nonce: unknown; readonly port: StandInPort }

  function desktop() {
    const given: Given[] = []
    const log: string[] = []
    const ipc = standInIpc<PortRequest<StandInPort>>()
    offerPort({ ipc, makeChannel: standInChannel, router: createSampleRouter(), log: (text) => log.push(text) })
    const ask = (
      nonce: unknown,
      { url = 'kagami://app/', parent = null, id = 1 }: { url?: string; parent?: object | null; id?: number } = {},
    ): void => {
      const postMessage = (channel: string, message: unknown, [port]: StandInPort[]): void => {
        if (port !== undefined) given.push({ channel, nonce: message, port })
      }
      ipc.send(portWanted, { sender: { id }, senderFrame: { url, parent, postMessage } }, nonce)
    }
    return { ask, given, log, ipc }
  }

  function clientOf({ port }: Given): ContractRouterClient<Contract> {
    const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ ...linkOptions(), port: port.transferred }))
    port.transferred.start()
    return client
  }

  test('our page gets a port that speaks the contract, and its own nonce with it', async () => {
    const { ask, given } = desktop()
    const nonce = randomUUID()
    ask(nonce, { url: 'kagami://app/compare/0a1b' })
    expect(given).toMatchObject([{ channel: portGiven, nonce }])
    for (const each of given) {
      expect(await clientOf(each).studies.text({ study: '0a1b' })).toEqual({ text: 'kagami: 1\n' })
      each.port.close()
    }
  })

  test.each([
    ['another scheme', { url: 'https://app/' }],
    ['a host that begins like ours', { url: 'kagami://app.attacker/' }],
    ['a file', { url: 'file:///index.html' }],
    ['an empty page', { url: 'about:blank' }],
    ['a frame inside our page', { parent: {} }],
  ])('%s gets no port', (_name, frame) => {
    const { ask, given, log } = desktop()
    ask(randomUUID(), frame)
    expect(given).toEqual([])
    expect(log).toEqual(['port: expected the program’s own page, got another frame'])
  })

  test.each([undefined, null, 7, '', 'nonce', {}, `${randomUUID()}\n`])('a nonce like %j gets no port', (nonce) => {
    const { ask, given } = desktop()
    ask(nonce)
    expect(given).toEqual([])
  })

  test('a nonce that was used gets no second port', () => {
    const { ask, given } = desktop()
    const nonce = randomUUID()
    ask(nonce)
    ask(nonce)
    expect(given).toHaveLength(1)
    for (const { port } of given) port.close()
  })

  test('a frame that is gone is no error', () => {
    const { ipc, given } = desktop()
    ipc.send(portWanted, { sender: { id: 1 }, senderFrame: null }, randomUUID())
    expect(given).toEqual([])
  })

  test('a page that asks again loses its first port, and another window’s stays', async () => {
    const { ask, given } = desktop()
    ask(randomUUID())
    ask(randomUUID(), { id: 2 })
    const closed = new Promise((resolve) => given[0]?.port.on('close', () => resolve('closed')))
    ask(randomUUID())
    expect(await closed).toBe('closed')
    const clients = given.slice(1).map(clientOf)
    for (const client of clients) expect(await client.studies.list()).toHaveLength(1)
    for (const { port } of given) port.close()
  })

  test('page, preload and main process use the same two names', () => {
    const page = readFileSync(new URL('../../renderer/client/electron.ts', import.meta.url), 'utf8')
    for (const name of [portGiven, portWanted]) expect(page).toContain(`'${name}'`)
  })
})
