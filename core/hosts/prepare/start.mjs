// From any Node ≥ 18 to the command line or a tool: install what is missing, pick a Node that runs our sources, hand over.
import module from 'node:module' // whole: Node below 22.8 has no enableCompileCache
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installPackages, packagesAreReady } from './packages.mjs'
import { majorOf, minimalMajor, missingNode, ownNode, pickNode, stripsTypesSilently } from './node.mjs'
import { runNode } from './process.mjs'
import { say, Unprepared } from './sentences.mjs'
import { runTool } from './tools.mjs'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/**
 * Prepares and runs the command line with `args`, or a tool with `--tool NAME …`.
 *
 * @param {string[]} args
 * @param {Partial<{ root: string, version: string, execPath: string, platform: string, arch: string }>} [machine]
 *   the machine as the caller sees it; tests name an older Node here
 * @returns {Promise<number | undefined>} the exit status; undefined when the command line runs in this process
 */
export async function start(args, machine = {}) {
  const { version, execPath, platform, arch } = process
  const here = { root: repository, version, execPath, platform, arch, ...machine }
  try {
    const node = await prepare(here)
    if (process.env['npm_lifecycle_event'] === 'start' && process.env['INIT_CWD']) process.chdir(process.env['INIT_CWD']) // npm runs a script in its package's folder
    if (args[0] === '--tool') return await runTool(args[1], args.slice(2), { root: here.root, node })
    return await runCommandLine(args, { ...here, node })
  } catch (error) {
    if (!(error instanceof Unprepared)) throw error
    say(error.message)
    return error.status
  }
}

/** The path of a Node that runs our sources, once all packages are there. */
async function prepare(here) {
  const packaged = majorOf(here.version) >= minimalMajor ? undefined : ownNode(here)
  if (!packagesAreReady(here.root, packaged)) await installPackages(here.root, packaged)
  const node = pickNode(here)
  if (node === undefined) throw new Unprepared(missingNode(here))
  return node
}

/**
 * In this process where this Node prints no warning about types, which saves the start of a second one (30 ms);
 * otherwise in a Node of its own. The compile cache keeps parsed and stripped sources, for the trainers as well.
 */
async function runCommandLine(args, { root, node, version, execPath }) {
  const entry = join(root, 'core', 'hosts', 'cli', 'index.ts')
  process.env['NODE_COMPILE_CACHE'] ??= join(root, '.build', 'compiled')
  if (node !== execPath || !stripsTypesSilently(version)) {
    return await runNode(node, ['--disable-warning=ExperimentalWarning', entry, ...args])
  }
  module.enableCompileCache(process.env['NODE_COMPILE_CACHE'])
  process.argv = [execPath, entry, ...args]
  await import(pathToFileURL(entry).href)
  return undefined
}
