/** How the program ends: asks while something trains, and waits until what trains has made its checkpoint. */
import type { App } from 'electron'
import type { Log } from '#core/contract/wire.ts'

export type QuitSettings = {
  readonly app: Pick<App, 'on' | 'quit'>
  readonly isBusy: () => boolean // runs are training
  readonly ask: () => Promise<boolean> // true: stop them and quit
  readonly close: () => Promise<void> // stops trainers, each with a checkpoint, and closes the project
  readonly log: Log
}

/** Until the workbench is closed no window may close either: a refused quit would leave a program without one. */
export function guardQuit({ app, isBusy, ask, close, log }: QuitSettings): { readonly mayClose: () => boolean } {
  let state: 'open' | 'leaving' | 'closed' = 'open'
  const leave = async (): Promise<void> => {
    state = 'leaving'
    if (isBusy() && !(await ask())) {
      state = 'open'
      return
    }
    // The program's outermost edge: a project that can't be closed is told, and must not keep the user in.
    await close().catch((error: unknown) =>
      log(`closing the project: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    )
    state = 'closed'
    app.quit()
  }
  app.on('before-quit', (event) => {
    if (state === 'closed') return
    event.preventDefault()
    if (state === 'open') void leave()
  })
  return {
    mayClose() {
      if (state === 'closed') return true
      app.quit() // asks, and closes every window in the end
      return false
    },
  }
}
