/**
 * Where wheels are found: the machine's Python package index by its JSON interface, or a folder.
 *
 * The index is the one that pip would ask (PIP_INDEX_URL, else the file named by PIP_CONFIG_FILE, the user's and
 * the system's pip.conf, else what pip itself says is its own), and it is asked over HTTPS as PEP 691 says. `pip download` would need a Python, keeps nothing of a fetch that
 * was cut off, and tells no progress that a program can read.
 *
 * Source: PEP 503, PEP 691 (`application/vnd.pypi.simple.v1+json`).
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Machine } from './machine.ts'
import { request, unreachable } from './request.ts'
import { compareVersions, parseWheelName, runsHere, satisfies, type Requirement } from './wheelName.ts'

/** A wheel to be fetched, with the hash that the index names, or one that is here. */
export type Found =
  | { readonly kind: 'remote'; readonly name: string; readonly url: URL; readonly sha256: string; readonly bytes: number | null }
  | { readonly kind: 'local'; readonly name: string; readonly path: string; readonly bytes: number }

export type Source = { find(wanted: Requirement, signal: AbortSignal | undefined): Promise<Found> }

const jsonType = 'application/vnd.pypi.simple.v1+json'
const bodyLimit = 64e6 // the largest projects have some MB

const project = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      size: z.number().optional(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
    }),
  ),
})

/** The machine's index. */
export function indexSource(machine: Machine): Source {
  const { env, glibc } = machine
  return {
    find: async (wanted, signal) => {
      const base = indexUrl(machine)
      const url = new URL(`${wanted.project}/`, base)
      const answer = await request(url, { env, headers: { accept: jsonType }, signal })
      const { statusCode, headers } = answer
      if (statusCode !== 200) {
        answer.destroy()
        throw unreachable(url, `status ${statusCode}`)
      }
      if (headers['content-type']?.includes('json') !== true) {
        answer.destroy()
        throw unreachable(url, `${quote(headers['content-type'] ?? 'no type')} for JSON (PEP 691)`)
      }
      const listed = project.safeParse(await jsonOf(answer, url))
      if (!listed.success) throw unreachable(url, 'JSON of another form than that of PEP 691')
      const files = listed.data.files.filter(({ yanked }) => yanked === undefined || yanked === false)
      const best = newest(
        files.map((file) => ({ ...file, name: file.filename })),
        wanted,
        glibc,
      )
      if (best === null) throw noWheel(wanted, `index ${base.host}`)
      const sha256 = best.hashes['sha256']
      if (sha256 === undefined) throw unreachable(url, 'a wheel without its SHA-256')
      return { kind: 'remote', name: best.name, url: new URL(best.url, url), sha256, bytes: best.size ?? null }
    },
  }
}

/** The wheels of a folder, for the ones that lie beside a given one. */
export function folderSource(folder: string, { glibc }: Machine): Source {
  return {
    find: async (wanted) => {
      const best = newest(
        readdirSync(folder).map((name) => ({ name })),
        wanted,
        glibc,
      )
      if (best === null) throw noWheel(wanted, `folder ${JSON.stringify(folder)}`)
      const path = join(folder, best.name)
      return { kind: 'local', name: best.name, path, bytes: statSync(path).size }
    },
  }
}

function noWheel({ project: name, specifier }: Requirement, place: string): Refusal {
  return new Refusal('engine-unavailable', `${place}: expected a wheel of ${name}${specifier} for Linux on x64, got none`)
}

/** The newest version that is asked for and runs here; among equals that for the newest Python, which changes nothing that is unpacked. */
function newest<File extends { readonly name: string }>(files: readonly File[], wanted: Requirement, glibc: string | null): File | null {
  const fitting = files.flatMap((file) => {
    const parsed = parseWheelName(file.name)
    if (parsed === null || parsed.project !== wanted.project || !satisfies(parsed.version, wanted.specifier)) return []
    return runsHere(parsed.platform, glibc ?? '0') ? [{ file, ...parsed }] : []
  })
  const pythonOf = (tag: string) => Number(/^cp3(\d+)$/.exec(tag)?.[1] ?? 0)
  const [best] = fitting.sort((a, b) => compareVersions(b.version, a.version) || pythonOf(b.python) - pythonOf(a.python))
  return best?.file ?? null
}

async function jsonOf(answer: AsyncIterable<Uint8Array>, url: URL): Promise<unknown> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of answer) {
      size += part.length
      if (size > bodyLimit) throw new Error('more than 64 MB')
      parts.push(part)
    }
    return JSON.parse(Buffer.concat(parts).toString('utf8'))
  } catch (error) {
    throw unreachable(url, error instanceof Error ? quote(error.message, 120) : 'a broken answer')
  }
}

/** The index that pip would ask. Fails: 'invalid-input' where what is set is no address. */
function indexUrl(machine: Machine): URL {
  const { env } = machine
  const set = env['PIP_INDEX_URL'] ?? configured(machine) ?? defaultOfPip(env)
  if (set === undefined)
    throw new Refusal(
      'engine-unavailable',
      'PIP_INDEX_URL: expected the address of a Python package index, got none, and there is no pip that could say its own; `--from FILE` installs from a wheel that was fetched elsewhere',
    )
  if (!URL.canParse(set) || !/^https?:$/.test(new URL(set).protocol))
    throw new Refusal('invalid-input', `PIP_INDEX_URL: expected an address of https, got ${quote(set)}`)
  return new URL(set.endsWith('/') ? set : `${set}/`)
}

/** `index-url` of pip's files, the user's before the system's. */
function configured({ env, home, pipConfig }: Machine): string | undefined {
  const named = env['PIP_CONFIG_FILE']
  const config = env['XDG_CONFIG_HOME'] ?? join(home, '.config')
  const files = [...(named === undefined ? [] : [named]), join(home, '.pip', 'pip.conf'), join(config, 'pip', 'pip.conf'), pipConfig]
  for (const file of files) {
    const found = /^\s*index[-_]url\s*[=:]\s*(\S+)/m.exec(textOf(file))?.[1]
    if (found !== undefined) return found
  }
  return undefined
}

/** The index that pip asks where nothing is set: its own constant, as any of its versions has it. */
function defaultOfPip(env: Machine['env']): string | undefined {
  const asked = ['-c', 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)']
  for (const python of ['python3', 'python']) {
    const { status, stdout } = spawnSync(python, asked, { env, encoding: 'utf8', timeout: 20_000 })
    if (status === 0 && stdout.trim() !== '') return stdout.trim()
  }
  return undefined
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // most machines have none of these files
  }
}
