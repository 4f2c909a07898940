/** `kagami` alone: the workbench in a desktop window where there can be one, else in a browser. */
import { openDesktop } from '../../desktop/open.ts'
import { root } from '../../root.ts'
import type { Register } from '../command.ts'
import { say } from '../output.ts'
import { serve } from './serve.ts'

export const addOpen: Register = (program, done) => {
  program
    .command('open [project]')
    .description('the workbench: a window where Electron can run, else a page in a browser')
    .action(async (project: string | undefined) => {
      const status = await openDesktop({ root, project, machine: { platform: process.platform, env: process.env }, say })
      if (status === null) await serve(project, { port: 0 })
      else done(status === 0 ? 0 : 1)
    })
}
