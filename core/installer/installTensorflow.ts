/**
 * Installs TensorFlow into a folder of engines: a row of steps, each of which adds to what is known.
 *
 *   check    platform, compiler, NVIDIA's driver        nothing has been written yet
 *   find     the wheel in the index, room on the disk
 *   fetch    it, and with `--gpu` those that it names    into `downloads/`, where a cut-off fetch goes on
 *   unpack   libraries, headers, licences               into `building-PID/`
 *   compile  the addon                                  into `building-PID/`
 *   prove    a timed product, in a process of its own
 *   keep     rename `building-PID/`, then the file that names it: from that rename on the new one counts
 *
 * A process that is killed leaves the old state, or the new one, and perhaps a compiler at work, for whose sake the folder is of one process; that folder and what
 * no file names are removed by the next. Of a shut-off machine that holds, too: files are on the disk before they are renamed.
 */
import { createHash } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { EngineProof, InstallProgress, InstallStage, Variant } from '#core/contract/engines.ts'
import { Refusal, quote } from '#core/contract/errors.ts'
import { addonName, installationIn, type InstallRecord, type Installed } from '#core/engines/tensorflow/place.ts'
import { compileAddon, findCompiler, type Compiler } from './compile.ts'
import { bytesHere, download, isFull } from './download.ts'
import { alone } from './lock.ts'
import { requirePlatform, requireSpace, type Machine } from './machine.ts'
import { folderSource, indexSource, type Found, type Source } from './packageIndex.ts'
import { openWheel, unpack, type Unpacked, type Wheel } from './wheel.ts'
import { requirementsOf, runsHere, satisfies } from './wheelName.ts'

export type InstallOptions = {
  readonly engines: string // the folder of engines
  readonly variant: Variant
  readonly from: string | null // a wheel on disk
  readonly machine: Machine
  /** Proves the installation in a folder, in a process of its own. */
  readonly prove: (folder: string) => Promise<EngineProof>
  readonly nowMs: () => number
  readonly onProgress?: (progress: InstallProgress) => void
  readonly signal?: AbortSignal
}

/** What was installed, and how long each step took. */
export type Report = Installed & { readonly seconds: Readonly<Record<InstallStage, number>> }

export const versionWanted = '>=2.21.0,<2.22'
/** Unpacked bytes for each byte of a wheel: 3.1 for TensorFlow 2.21, 1.6 for NVIDIA's. Exact numbers are known, and asked for again, once it is here. */
export const growth = 3.5

type State = InstallOptions & { readonly building: string; readonly downloads: string }
type Whole = { readonly name: string; readonly wheel: Wheel; readonly bytes: number; readonly sha256: string }

/**
 * Fails: 'engine-unavailable' for a platform, compiler or network that is missing or a product that is wrong, 'invalid-input' for a wrong file, 'store-failed'
 * without room, 'conflict' beside another installation, 'cancelled' by `signal`. What counted before still counts then.
 */
export async function installTensorflow(options: InstallOptions): Promise<Report> {
  const { machine, variant, engines, signal } = options
  requirePlatform(machine, variant)
  const compiler = await findCompiler(machine)
  mkdirSync(engines, { recursive: true })
  let latest: InstallProgress | null = null
  const onProgress = (progress: InstallProgress) => options.onProgress?.((latest = progress))
  const startedMs = options.nowMs()
  const work = async () => {
    const state: State = {
      ...options,
      onProgress,
      building: join(engines, `building-${process.pid}`),
      downloads: join(engines, 'downloads'),
    }
    removeLeftovers(engines)
    try {
      return await runSteps(state, compiler)
    } catch (error) {
      if (signal?.aborted === true) throw new Refusal('cancelled', 'engine install: interrupted; what was fetched is kept, and the same command goes on from there') // prettier-ignore
      if (isFull(error)) throw new Refusal('store-failed', `disk: expected room in ${JSON.stringify(engines)}, got a full disk`)
      throw error
    } finally {
      rmSync(state.building, { recursive: true, force: true })
    }
  }
  return alone(engines, work, () => ({ action: 'install', pid: process.pid, variant, startedMs, progress: latest }))
}

/** Removes an installation and everything fetched for it; the bytes that came free, 0 where nothing was there. */
export async function removeTensorflow(engines: string): Promise<number> {
  if (!existsSync(engines)) return 0
  const work = async () => {
    const bytes = bytesIn(engines)
    rmSync(join(engines, 'tensorflow.json'), { force: true }) // first: from here on nothing is installed
    removeLeftovers(engines)
    rmSync(join(engines, 'downloads'), { recursive: true, force: true })
    return bytes - bytesIn(engines)
  }
  return alone(engines, work, () => ({ action: 'remove', pid: process.pid, variant: null, startedMs: null, progress: null }))
}

async function runSteps(state: State, compiler: Compiler): Promise<Report> {
  const { onProgress, machine, building } = state
  const seconds: Record<InstallStage, number> = { find: 0, fetch: 0, unpack: 0, compile: 0, prove: 0, keep: 0 }
  const step = async <T>(stage: InstallStage, action: (tell: (done: number, total: number) => void) => Promise<T>): Promise<T> => {
    state.signal?.throwIfAborted()
    onProgress?.({ stage, done: 0, total: 0 })
    const began = performance.now()
    const result = await action((done, total) => onProgress?.({ stage, done, total }))
    seconds[stage] = (performance.now() - began) / 1_000
    return result
  }
  const libraries = join(building, 'lib')
  const source = state.from === null ? indexSource(machine) : folderSource(dirname(state.from), machine)
  const first = await step('find', () => findFirst(state, source))
  const wheels = await step('fetch', (tell) => fetchAll(state, { first, source, tell }))
  await step('unpack', (tell) => unpackAll(state, { wheels, tell }))
  await step('compile', async () => {
    const includes = [machine.nodeHeaders ?? '', join(building, 'include')] // findCompiler has refused a machine without headers
    const output = join(libraries, addonName)
    await compileAddon({ compiler, sources: machine.addonSources, includes, libraries, output, signal: state.signal })
    sync(output)
    rmSync(join(building, 'include'), { recursive: true, force: true })
  })
  const record = recordOf(state, { wheels, compiler, addon: join(libraries, addonName) })
  writeDurably(join(building, 'install.json'), record)
  const proof = await step('prove', () => prove(state))
  const installed = await step('keep', async () => keep(state, { ...record, proof }))
  return { ...installed, seconds }
}

/** Throws away what no file names: what a killed installation left, and an older one after the new one counts. */
function removeLeftovers(engines: string): void {
  const current = installationIn(engines)?.folder
  for (const name of readdirSync(engines)) {
    const path = join(engines, name)
    const isOurs = /^building-|^tensorflow-/.test(name) || /^tensorflow\.json\.new$/.test(name)
    if (isOurs && path !== current) rmSync(path, { recursive: true, force: true })
  }
}

async function findFirst({ variant, from, machine, engines, downloads, signal }: State, source: Source): Promise<Found> {
  const project = variant === 'cpu' ? 'tensorflow-cpu' : 'tensorflow'
  if (from !== null) {
    const found = statSync(from, { throwIfNoEntry: false })
    if (found?.isFile() !== true) throw new Refusal('invalid-input', `--from: expected a wheel, got ${quote(from, 300)}, which is no file`)
    return { kind: 'local', name: '--from', path: from, bytes: found.size }
  }
  const found = await source.find({ project, specifier: versionWanted }, signal)
  const bytes = found.bytes ?? 0
  const here = found.kind === 'remote' ? bytesHere(found, downloads) : 0
  await requireSpace(machine, engines, bytes - here + growth * bytes)
  return found
}

type Fetching = { readonly first: Found; readonly source: Source; readonly tell: (done: number, total: number) => void }

/** The wheel, and with a GPU those that its metadata name. */
async function fetchAll(state: State, { first, source, tell }: Fetching): Promise<Whole[]> {
  const { variant, machine, signal } = state
  let done = 0
  let total = first.bytes ?? 0
  const fetchOne = async (found: Found): Promise<Whole> => {
    const onBytes = (count: number) => tell((done += count), total)
    const path = found.kind === 'local' ? found.path : await download(found, { folder: state.downloads, env: machine.env, onBytes, signal })
    const wheel = await openWheel(path, found.name)
    return {
      name: found.name,
      wheel,
      bytes: statSync(path).size,
      sha256: found.kind === 'remote' ? found.sha256 : await sha256Of(path, signal),
    }
  }
  const main = await fetchOne(first)
  requireRight(state, main)
  if (variant === 'cpu') return [main]
  const others: Found[] = []
  for (const wanted of requirementsOf(main.wheel.metadata, 'and-cuda')) others.push(await source.find(wanted, signal))
  const more = others.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)
  await requireSpace(machine, state.engines, growth * (total + more) + more)
  total += more
  const wheels = [main]
  for (const found of others) wheels.push(await fetchOne(found))
  return wheels
}

/** Fails: 'invalid-input' for a wheel of something else, of another platform or version. */
function requireRight({ variant, machine, from }: State, { wheel }: Whole): void {
  const place = from === null ? 'index' : '--from'
  const wanted = variant === 'cpu' ? ['tensorflow_cpu', 'tensorflow-cpu'] : ['tensorflow']
  const expect = (rule: string, got: string) => new Refusal('invalid-input', `${place}: expected ${rule}, got ${quote(got, 120)}`)
  const hint = variant === 'cpu' && wheel.project === 'tensorflow' ? ', which --gpu takes' : ''
  if (!wanted.includes(wheel.project))
    throw new Refusal('invalid-input', `${place}: expected a wheel of ${wanted.at(-1)}, got ${quote(wheel.project)}${hint}`)
  if (!satisfies(wheel.version, versionWanted)) throw expect(`version ${versionWanted}`, wheel.version)
  if (!wheel.platforms.some((platform) => runsHere(platform, machine.glibc ?? '0'))) throw expect('a wheel for Linux on x64', wheel.platforms.join(', ')) // prettier-ignore
}

/** The headers that the addon reads: c_api.h reaches into the others. */
const headers = /^tensorflow\/include\/((tensorflow\/(c|core\/platform)|tsl\/platform|xla\/tsl\/c)\/.*\.h)$/
const libraries = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/
const licences =
  /^(tensorflow\/THIRD_PARTY_NOTICES\.txt|tensorflow\/include\/LICENSE|[^/]+\.dist-info\/(?:licenses\/)?(?:LICEN[CS]E|License|METADATA)[^/]*)$/
const cuda = /^nvidia\/.*\/(lib|bin|nvvm)\/.*$/

/** Where a member goes below the installation; null for what is not needed. */
function placeOf(project: string, path: string): string | null {
  const licence = licences.exec(path)?.[1]
  if (licence !== undefined) return `licences/${project}/${licence.split('/').at(-1)}`
  if (project.startsWith('nvidia')) return cuda.test(path) && !path.endsWith('.a') ? path : null
  const library = libraries.exec(path)?.[1]
  if (library !== undefined) return `lib/${library}`
  const header = headers.exec(path)?.[1]
  return header === undefined ? null : `include/${header}`
}

async function unpackAll(
  { building, machine, engines, signal }: State,
  { wheels, tell }: { readonly wheels: readonly Whole[]; readonly tell: (done: number, total: number) => void },
): Promise<void> {
  const parts = wheels.map(({ wheel }) => ({
    wheel,
    wanted: wheel.members.flatMap((member): Unpacked[] => {
      const place = placeOf(wheel.project, member.path)
      return place === null ? [] : [{ member, to: join(building, place) }]
    }),
  }))
  const all = parts.flatMap(({ wanted }) => wanted)
  const count = all.filter(({ to }) => /libtensorflow_(cc|framework)\.so\.2$/.test(to)).length
  if (count !== 2)
    throw new Refusal('invalid-input', `wheel: expected libtensorflow_cc.so.2 and libtensorflow_framework.so.2, got ${count} of them`)
  const total = all.reduce((sum, { member }) => sum + member.size, 0)
  await requireSpace(machine, engines, total)
  let done = 0
  const onBytes = (bytes: number) => tell((done += bytes), total)
  for (const { wheel, wanted } of parts) await unpack(wheel, wanted, { onBytes, signal })
}

async function prove({ prove: proveFolder, building, variant }: State): Promise<NonNullable<InstallRecord['proof']>> {
  const { available, reason, device, size, error, bound, gflops } = await proveFolder(building)
  if (available && device !== null) return { device, size, error, bound, gflops }
  const hint = variant === 'gpu' ? ' (with --gpu)' : ''
  throw new Refusal('engine-unavailable', `engine install${hint}: expected a product as float64 has it, got: ${reason ?? 'no reason'}`)
}

type Made = { readonly wheels: readonly Whole[]; readonly compiler: Compiler; readonly addon: string }

function recordOf({ variant, building, nowMs }: State, { wheels, compiler, addon }: Made): InstallRecord {
  return {
    format: 1,
    version: wheels[0]?.wheel.version ?? '',
    variant,
    wheels: wheels.map(({ name, wheel, bytes, sha256 }) => ({
      name: name === '--from' ? `${wheel.project}-${wheel.version}` : name,
      bytes,
      sha256,
    })),
    addonSha256: createHash('sha256').update(readFileSync(addon)).digest('hex'),
    compiler: compiler.version,
    installedMs: nowMs(),
    bytes: bytesIn(building),
    proof: null,
  }
}

function keep({ engines, building, downloads, variant }: State, record: InstallRecord): Installed {
  writeDurably(join(building, 'install.json'), record)
  const name = freeName(engines, `tensorflow-${record.version}-${variant}`)
  const folder = join(engines, name)
  renameSync(building, folder)
  writeDurably(join(engines, 'tensorflow.json'), { folder: name })
  removeLeftovers(engines)
  rmSync(downloads, { recursive: true, force: true })
  return { folder, record }
}

function freeName(folder: string, wanted: string): string {
  for (let i = 1; ; i += 1) {
    const name = i === 1 ? wanted : `${wanted}-${i}`
    if (!existsSync(join(folder, name))) return name
  }
}

/** The whole file or the one before it, on the disk when it ends. */
function writeDurably(path: string, content: unknown): void {
  writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { flush: true })
  renameSync(`${path}.new`, path)
  sync(dirname(path))
}

/** Has the disk hold what was written of a file, or of the names in a folder. */
function sync(path: string): void {
  const opened = openSync(path, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

async function sha256Of(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  for await (const bytes of createReadStream(path, { highWaterMark: 2 ** 20, signal })) hash.update(bytes as Uint8Array) // no encoding is set
  return hash.digest('hex')
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  )
}
