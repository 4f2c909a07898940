/** `kagami serve [P]`: the workbench in a browser of this machine. `npm start` opens it where there can be no window. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createRouter } from '#core/workbench/router.ts'
import type { Register } from '../command.ts'
import { openWorkbench } from '../../node.ts'
import { root } from '../../root.ts'
import { preparePage } from '../../server/buildPage.ts'
import { startServer } from '../../server/server.ts'
import { printJson, say } from '../output.ts'
import { wholeNumber } from '../options.ts'

type Options = { port: number; json?: boolean }

export const addServe: Register = (program) => {
  program
    .command('serve [project]')
    .description('the workbench in a browser of this machine, on 127.0.0.1 only')
    .option('--port <n>', '0: any that is free', wholeNumber(0, 65_535), 0)
    .option('--json', 'machine-readable address')
    .action(serve)
}

/** Serves until Ctrl-C or SIGTERM. */
export async function serve(folder: string | undefined, { port, json }: Options): Promise<void> {
  const workbench = openWorkbench({ project: folder ?? 'workbench.kagami', create: true, log: say })
  try {
    const page = await preparePage({ root, out: join(root, '.build', 'page'), log: say })
    const server = await startServer({
      router: createRouter(workbench),
      port,
      page,
      token: randomBytes(24).toString('base64url'),
      log: say,
    })
    if (json === true) printJson({ url: server.url, port: server.port, project: workbench.project.folder })
    else {
      say(`Kagami is open at ${server.url}`)
      say(`Project: ${workbench.project.folder}. Ctrl-C ends it; running studies keep a checkpoint.`)
    }
    await ended()
    await server.close()
  } finally {
    await workbench.close()
  }
}

function ended(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
