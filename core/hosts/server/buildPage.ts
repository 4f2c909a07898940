/**
 * The page, built when its sources changed. A build is named by the hash of everything it is made of and appears whole by one
 * rename, so that a failed or killed one leaves the page before it, and a server that still sends an older one is not disturbed.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '#core/contract/errors.ts'
import type { Log } from '#core/contract/wire.ts'

/** What the page is made of, relative to the program's folder. Tests are left out: they change the page by nothing. */
const sources = [
  'renderer',
  'core/contract',
  'core/presentation',
  'core/numerics',
  'resources/messages',
  'core/hosts/server/pageConfig.ts',
  'package.json',
  'package-lock.json',
] as const
const keptBuilds = 3 // the newest ones; a server started before a change goes on with its own

export type PageSettings = {
  readonly root: string // the program's folder
  readonly out: string // where builds are kept; a build is a folder in it
  readonly log: Log
}

/** The folder of the page for the sources as they are; builds it if there is none yet. Fails with `internal` when the build does. */
export async function preparePage({ root, out, log }: PageSettings): Promise<string> {
  const folder = join(out, await hashSources(root))
  if (await exists(join(folder, 'index.html'))) return folder
  await mkdir(out, { recursive: true })
  const draft = join(out, `draft-${process.pid}`)
  log('Building the page')
  try {
    await build({ root, out: draft, log })
    await moveInto(draft, folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  await dropOldBuilds(out)
  return folder
}

async function build({ root, out, log }: PageSettings): Promise<void> {
  // Loaded only when there is something to build: both take longer than a start may.
  const [{ build: viteBuild, createLogger }, { pageConfig }] = await Promise.all([import('vite'), import('./pageConfig.ts')])
  const logger = createLogger('silent')
  try {
    await viteBuild({
      ...pageConfig(root, out),
      configFile: false,
      logLevel: 'warn',
      customLogger: { ...logger, warn: (text) => log(`page: ${text}`) },
    })
  } catch (error) {
    throw new Refusal('internal', `page: expected sources that can be built, got ${error instanceof Error ? error.message : String(error)}`)
  }
  // Times decide which builds are old, and a file's time is that of its source with some file systems.
  await utimes(out, new Date(), new Date())
}

/** Another process may have built the same page meanwhile; then theirs is as good. */
async function moveInto(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder)
  } catch (error) {
    if (!(await exists(join(folder, 'index.html')))) throw error
  }
}

async function dropOldBuilds(out: string): Promise<void> {
  const names = (await readdir(out)).filter((name) => /^[0-9a-f]{32}$/.test(name))
  const builds = await Promise.all(names.map(async (name) => ({ name, time: (await stat(join(out, name))).mtimeMs })))
  const old = builds.toSorted((a, b) => b.time - a.time).slice(keptBuilds)
  for (const { name } of old) await rm(join(out, name), { recursive: true, force: true })
}

async function hashSources(root: string): Promise<string> {
  const files = (await Promise.all(sources.map((source) => filesBelow(root, source)))).flat()
  const contents = await Promise.all(files.map((file) => readFile(join(root, file)))) // read together: a start waits for this
  const hash = createHash('sha256')
  contents.forEach((bytes, index) => hash.update(`${files[index]}\n${bytes.length}\n`).update(bytes))
  return hash.digest('hex').slice(0, 32)
}

/** The file, or all files below the folder in the order of their names; none where nothing is. */
async function filesBelow(root: string, path: string): Promise<string[]> {
  const found = await stat(join(root, path)).catch(missing)
  if (found === null) return []
  if (!found.isDirectory()) return [path]
  const names = (await readdir(join(root, path))).filter(isSource).toSorted()
  return (await Promise.all(names.map((name) => filesBelow(root, `${path}/${name}`)))).flat()
}

const isSource = (name: string): boolean => !name.startsWith('.') && !/\.test\.ts$/.test(name)

function missing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(missing)) !== null
