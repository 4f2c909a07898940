/** How a trainer in a utility process hears its parent and speaks to it. */
import type { ParentPort } from 'electron'
import type { Channel } from '#core/trainer/childProcess.ts'

export function parentPortChannel(port: Pick<ParentPort, 'on' | 'postMessage'>): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (handler) => void port.on('message', ({ data }) => handler(data)),
    onParentGone: () => undefined, // Electron ends its utility processes with itself
  }
}
