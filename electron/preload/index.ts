/**
 * Hands the page one thing: a message port to the workbench. The page asks with a nonce of its own and takes only the answer that
 * repeats it; whether it may have a port is decided in the main process (`main/port.ts`). Nothing is put on the window.
 */
import { ipcRenderer } from 'electron'
import { portGiven, portWanted } from './names.ts'

/** The three parts of the page's window that are used here; this project compiles without the DOM. */
declare const window: {
  readonly location: { readonly origin: string }
  addEventListener(kind: 'message', hear: (event: { readonly source: unknown; readonly data: unknown }) => void): void
  postMessage(message: unknown, origin: string, ports: readonly unknown[]): void
}

window.addEventListener('message', ({ source, data }) => {
  if (source !== window || typeof data !== 'object' || data === null) return
  if ('kind' in data && data.kind === portWanted && 'nonce' in data) ipcRenderer.send(portWanted, data.nonce)
})

ipcRenderer.on(portGiven, ({ ports }, nonce: unknown) => {
  window.postMessage({ kind: portGiven, nonce }, window.location.origin, ports)
})
