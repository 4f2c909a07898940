/**
 * One installation at a time for each folder of engines: who holds an address of the kernel that is made from the folder's path. It has no file, so nothing is left
 * of it when its process is killed. It holds within one machine, not between machines that share a home; only Linux has such addresses, and only there is anything installed.
 */
import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { Refusal } from '#core/contract/errors.ts'

/** Runs `action` while this process alone may change the folder. Fails: 'conflict' where another does. */
export async function alone<T>(folder: string, action: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux') return action()
  const name = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 32)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const isHeld = 'code' in error && error.code === 'EADDRINUSE'
      reject(isHeld ? new Refusal('conflict', 'engine: expected one installation at a time, got another that is under way') : error)
    })
    server.listen(`\0kagami-engines-${name}`, resolve) // a name that begins with zero is in no folder
  })
  try {
    return await action()
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
