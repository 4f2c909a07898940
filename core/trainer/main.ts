/** The entry of a forked trainer process. Electron has its own: `electron/trainer/index.ts`. */
import { ipcChannel, serveThisProcess } from './childProcess.ts'
import { jobs } from './jobs/registry.ts'

serveThisProcess(ipcChannel(), jobs)
