/**
 * One installation at a time for each folder of engines: who holds an address of the kernel that is made from the folder's path. It has no file, so nothing is left
 * of it when its process is killed. Who asks at the address is told what is going on. It holds within one machine, not between machines that share a home; only Linux
 * has such addresses, and only there is anything installed.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { installUnderWay, type InstallUnderWay } from '#core/contract/engines.ts'
import { Refusal } from '#core/contract/errors.ts'

const told = installUnderWay.omit({ by: true, isStopping: true })
/** What the holder says of its work. */
export type Told = Omit<InstallUnderWay, 'by' | 'isStopping'>

/** Runs `action` while this process alone may change the folder. Fails: 'conflict' where another does. */
export async function alone<T>(folder: string, action: () => Promise<T>, describe: () => Told): Promise<T> {
  if (process.platform !== 'linux') return action()
  const server = createServer((socket) => {
    socket.on('error', () => undefined) // who asked has gone
    socket.end(JSON.stringify(describe()), () => socket.destroy()) // not waiting for the other end: it may have stopped
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const isHeld = 'code' in error && error.code === 'EADDRINUSE'
      reject(isHeld ? new Refusal('conflict', 'engine: expected one installation at a time, got another that is under way') : error)
    })
    server.listen(addressOf(folder), resolve)
  })
  try {
    return await action()
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

const answerMs = 1_000

/** What is going on in the folder, as whoever does it says; null where nobody does. A holder that does not answer has a name and nothing more. */
export async function askHolder(folder: string): Promise<Told | null> {
  if (process.platform !== 'linux') return null
  const address = addressIfAny(folder)
  if (address === null) return null
  const silent: Told = { action: 'install', pid: null, variant: null, startedMs: null, progress: null }
  const text = await new Promise<string | null>((resolve) => {
    let got = ''
    const socket = connect(address)
    socket.setTimeout(answerMs, () => socket.destroy())
    socket.setEncoding('utf8').on('data', (part) => (got += String(part)))
    socket.on('error', (error) => resolve('code' in error && error.code === 'ECONNREFUSED' ? null : got))
    socket.on('close', () => resolve(got))
  })
  if (text === null) return null
  const read = told.safeParse(jsonOf(text))
  return read.success ? read.data : silent
}

function addressOf(folder: string): string {
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)
  return `\0kagami-engines-${name}` // a name that begins with zero is in no folder
}

function addressIfAny(folder: string): string | null {
  try {
    return addressOf(folder)
  } catch {
    return null // no such folder
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
