import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import { linkOptions } from '#core/contract/wire.ts'
import { transportConformance } from '#core/testing/transports/conformance.ts'
import { startServer } from './server.ts'

transportConformance({
  name: 'over HTTP',
  async connect(router, log) {
    const server = await startServer({ router, port: 0, page: null, token: 'token', log })
    const entry = await fetch(server.url, { redirect: 'manual' })
    const cookie = entry.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const wire = await openWire(server.port)
    const link = new RPCLink({ ...linkOptions(), url: `${wire.url}/rpc`, headers: { cookie } })
    return {
      client: createORPCClient(link),
      close: async () => {
        await server.close()
        await wire.cut()
      },
      vanish: { client: wire.cut, server: wire.cut },
    }
  },
})

/** A port that passes everything on to another one, until it is cut: what a killed process looks like from either end. */
async function openWire(port: number) {
  const sockets = new Set<Socket>()
  const wire = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => cutBoth()).on('close', () => cutBoth()) // either end's end is the other's
    }
    const cutBoth = (): void => {
      for (const socket of [near, far]) sockets.delete(socket.destroy())
    }
    near.pipe(asIfDirect(addressOf(wire), `127.0.0.1:${port}`)).pipe(far)
    far.pipe(near)
  })
  wire.listen(0, '127.0.0.1')
  await once(wire, 'listening')
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!wire.listening) return
    wire.close()
    await once(wire, 'close')
  }
  return { url: `http://${addressOf(wire)}`, cut }
}

const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server that listens has a port

/** The `Host` header says the server's own address again: the server must not notice the wire. */
function asIfDirect(from: string, to: string): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(chunk.toString('latin1').replace(`ost: ${from}`, `ost: ${to}`), 'latin1'))
    },
  })
}
