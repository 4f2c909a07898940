/** Stand-ins for `MessageChannelMain` and `ipcMain`, over Node's own channels. */
import { MessageChannel, type MessagePort } from 'node:worker_threads'

/** A port with the shape of `MessagePortMain`: messages come as events, and nothing comes before `start`. */
export function standInPort(port: MessagePort) {
  const handlers: ((event: { readonly data: unknown }) => void)[] = []
  return {
    on(event: 'message' | 'close', handler: ((event: { readonly data: unknown }) => void) & (() => void)) {
      if (event === 'close') port.on('close', handler)
      else handlers.push(handler)
    },
    postMessage: (message: unknown) => port.postMessage(message),
    start: () => void port.on('message', (data: unknown) => handlers.forEach((handler) => handler({ data }))),
    close: () => port.close(),
    transferred: port, // what a renderer would get in its place
  }
}
export type StandInPort = ReturnType<typeof standInPort>

export function standInChannel(): { readonly port1: StandInPort; readonly port2: StandInPort } {
  const { port1, port2 } = new MessageChannel()
  return { port1: standInPort(port1), port2: standInPort(port2) }
}

type Hear<E> = (event: E, ...values: unknown[]) => void

/** `ipcMain`, with the renderer's `send` beside it. */
export function standInIpc<E>() {
  const handlers = new Map<string, Hear<E>>()
  return {
    on: (channel: string, handler: (event: E, value: unknown) => void) => void handlers.set(channel, handler),
    send: (channel: string, event: E, value: unknown) => handlers.get(channel)?.(event, value),
  }
}
