/** Where the program stands: apart from `node.ts`, so that a process which only installs imports neither store nor workbench. */
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
