/** What an installation meets, small: wheels of some kilobytes, a compiler that is a script, an index on this machine. */
import { createHash } from 'node:crypto'
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { EngineProof } from '#core/contract/engines.ts'
import type { InstallRecord } from '#core/engines/tensorflow/place.ts'
import { writeZip } from '#core/formats/zip.ts'
import { forkInstaller } from '#core/installer/fork.ts'
import { createInstaller, type Installer, type InstallerHost } from '#core/installer/installer.ts'
import type { Machine } from '#core/installer/machine.ts'
import { drawUniform } from '#core/numerics/random/draw.ts'
import { rootKey, split } from '#core/numerics/random/key.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** Bytes that no packing makes smaller, so that they travel in several pieces. */
export function noise(name: string, length: number): Uint8Array {
  const key = split(rootKey({ base: 1, cell: '0'.repeat(64), replicate: 0 }), name)
  return Uint8Array.from(drawUniform(key, length), (value) => 256 * value)
}

export type WheelParts = {
  readonly project?: string
  readonly version?: string
  readonly platform?: string
  readonly requires?: readonly string[]
  readonly members?: Readonly<Record<string, Uint8Array>>
  readonly damaged?: string // a member whose content is not that of RECORD
}

export const libraries = {
  'tensorflow/libtensorflow_cc.so.2': noise('cc', 200_000),
  'tensorflow/libtensorflow_framework.so.2': noise('framework', 50_000),
}
const around = {
  'tensorflow/include/tensorflow/c/c_api.h': encode('// c_api'),
  'tensorflow/include/tensorflow/core/platform/ctstring.h': encode('// ctstring'),
  'tensorflow/include/Eigen/Core': encode('// not needed'),
  'tensorflow/python/huge.so': noise('python', 100_000),
  'tensorflow/THIRD_PARTY_NOTICES.txt': encode('notices'),
}

/** A wheel with the members that an installation looks for, and with others. */
export function wheelOf({
  project = 'tensorflow_cpu',
  version = '2.21.0',
  platform = 'manylinux_2_27_x86_64',
  requires = [],
  members = { ...libraries, ...around },
  damaged,
}: WheelParts = {}): Uint8Array<ArrayBuffer> {
  const info = `${project}-${version}.dist-info`
  const said = {
    [`${info}/METADATA`]: encode(['Metadata-Version: 2.4', `Name: ${project}`, `Version: ${version}`, ...requires, ''].join('\n')),
    [`${info}/WHEEL`]: encode(`Wheel-Version: 1.0\nTag: cp313-cp313-${platform}\n`),
  }
  const all = { ...members, ...said }
  const rows = Object.entries(all).map(
    ([path, bytes]) => `${path},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}`,
  )
  const written = { ...all, ...(damaged === undefined ? {} : { [damaged]: noise('other', all[damaged]?.length ?? 0) }) }
  return writeZip(new Map([...Object.entries(written), [`${info}/RECORD`, encode(rows.join('\n'))]]), { packing: 'deflated' })
}

export const wheelName = (project = 'tensorflow_cpu', version = '2.21.0') => `${project}-${version}-cp313-cp313-manylinux_2_27_x86_64.whl`
export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** A compiler that writes how it was called where the addon should be; `body` may do otherwise. */
export function compilerIn(folder: string, body = 'echo "$@" > "$out"'): string {
  const path = join(folder, 'c++')
  const out = 'while [ $# -gt 0 ]; do [ "$1" = -o ] && out="$2"; all="$all $1"; shift; done; set -- $all'
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = --version ]; then echo "stand-in c++ 1.0"; exit 0; fi\n${out}\n${body}\n`)
  chmodSync(path, 0o755)
  return path
}

/** A Linux on x64 whose compiler and index are stand-ins. */
export function machineOf(folder: string, changes: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux',
    arch: 'x64',
    glibc: '2.36',
    hasNvidiaDriver: false,
    env: { PATH: `${folder}:/usr/bin:/bin` },
    home: folder,
    addonSources: folder,
    nodeHeaders: folder,
    pipConfig: join(folder, 'no-pip.conf'),
    bytesFree: async () => 1e12,
    ...changes,
  }
}

export type InstallerParts = {
  readonly folder: string // of compiler and Node's headers
  readonly index: string
  readonly engines: string
  readonly machine?: Partial<Machine> // as the host sees it; the process has its own
  readonly prove?: InstallerHost['prove']
}

/** An installer whose process installs stand-ins. */
export function installerOf({ folder, index, engines, machine = {}, prove = async () => proofOf() }: InstallerParts): Installer {
  const env = { ...process.env, KAGAMI_STAND_INS: JSON.stringify({ folder, index }) }
  const here = machineOf(folder, machine)
  return createInstaller({
    start: (handlers) => forkInstaller(new URL('./process.ts', import.meta.url), handlers, env),
    prove,
    machine: () => here,
    engines: () => engines,
  })
}

export const proofOf = (changes: Partial<EngineProof> = {}): EngineProof => ({
  engine: 'tensorflow',
  available: true,
  device: 'stand-in processor, 1 thread',
  size: 512,
  error: 1e-7,
  bound: 3e-5,
  gflops: 100,
  versions: {},
  reason: null,
  ...changes,
})

/** What an installation says of itself. */
export const installationRecord = (changes: Partial<InstallRecord> = {}): InstallRecord => ({
  format: 1,
  version: '2.21.0',
  variant: 'cpu',
  wheels: [],
  addonSha256: '',
  compiler: 'stand-in c++ 1.0',
  installedMs: 1_800_000_000_000,
  bytes: 854e6,
  proof: { device: 'stand-in processor, 1 thread', size: 512, error: 1e-7, bound: 3e-5, gflops: 100 },
  ...changes,
})

export type IndexFile = { readonly name: string; readonly bytes: Uint8Array; readonly sha256?: string; readonly yanked?: boolean }
export type IndexOptions = {
  /** Connections of a wheel that break after so many bytes, one entry for each. */
  readonly breaksAfter?: readonly number[]
  readonly hasRanges?: boolean
}
export type Index = {
  readonly url: string
  readonly asked: readonly string[] // paths, with their ranges
  /** Replaces the listing of a project by another answer. */
  answer(status: number, type: string, text: string): void
  close(): Promise<void>
}

/** A package index on a port of this machine. */
export async function startIndex(files: readonly IndexFile[], { breaksAfter = [], hasRanges = true }: IndexOptions = {}): Promise<Index> {
  const asked: string[] = []
  const breaks = [...breaksAfter]
  let other: readonly [number, string, string] | null = null
  const server = createServer((request, response) => {
    const { range } = request.headers
    asked.push(range === undefined ? (request.url ?? '') : `${request.url} ${range}`)
    const project = /^\/simple\/([^/]+)\/$/.exec(request.url ?? '')?.[1]
    if (project !== undefined) return other === null ? list(response, project, files) : say(response, other)
    const file = files.find(({ name }) => request.url === `/files/${name}`)
    if (file === undefined) return say(response, [404, 'text/plain', 'no such file'])
    send(request, response, { bytes: file.bytes, hasRanges, breakAfter: breaks.shift() })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // listening on a port
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    asked,
    answer: (...one) => (other = one),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function list(response: ServerResponse, project: string, files: readonly IndexFile[]): void {
  const own = files.filter(({ name }) => name.split('-')[0]?.replaceAll('_', '-') === project)
  const listed = own.map(({ name, bytes, sha256: named, yanked }) => ({
    filename: name,
    url: `../../files/${name}`,
    hashes: { sha256: named ?? sha256(bytes) },
    size: bytes.length,
    yanked: yanked ?? false,
  }))
  say(response, [200, 'application/vnd.pypi.simple.v1+json', JSON.stringify({ files: listed })])
}

function say(response: ServerResponse, [status, type, text]: readonly [number, string, string]): void {
  response.writeHead(status, { 'content-type': type })
  response.end(text)
}

type Sending = { readonly bytes: Uint8Array; readonly hasRanges: boolean; readonly breakAfter: number | undefined }

function send({ headers }: IncomingMessage, response: ServerResponse, { bytes, hasRanges, breakAfter }: Sending): void {
  const from = hasRanges ? Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0) : 0
  if (from >= bytes.length) return say(response, [416, 'text/plain', 'nothing is left'])
  const rest = bytes.subarray(from)
  response.writeHead(from > 0 ? 206 : 200, { 'content-length': rest.length })
  if (breakAfter === undefined) return void response.end(rest)
  response.write(rest.subarray(0, breakAfter), () => response.socket?.end()) // what was written still arrives
}
