// The tools behind the npm scripts, each run by the Node that runs our sources.
import { join } from 'node:path'
import { captureNode, runNode } from './process.mjs'
import { say } from './sentences.mjs'

const everyDayTiers = ['pure', 'node', 'browser', 'electron']

/** The programs of each tool in order: file below node_modules, then arguments. `extra` is what the user added. */
const tools = {
  test: (extra) => [['vitest/vitest.mjs', 'run', ...everyDayTiers.flatMap((tier) => ['--project', tier]), ...extra]],
  'test-long': (extra) => [['vitest/vitest.mjs', 'run', '--project', 'long', ...extra]],
  types: (extra) => [['vue-tsc/bin/vue-tsc.js', '-b', ...extra]],
  lint: (extra) => [
    ['eslint/bin/eslint.js', '--max-warnings=0', ...options(extra), ...pathsOr('.', extra)],
    ['prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...pathsOr('.', extra)],
  ],
  layers: (extra) => [
    ['dependency-cruiser/bin/dependency-cruiser.mjs', '--output-type=err-long', ...options(extra), ...pathsOr(layers, extra)],
  ],
  dead: (extra) => [['knip/bin/knip.js', ...extra]],
  build: (extra) => [['electron-vite/bin/electron-vite.js', 'build', ...extra]],
  format: (extra) => [['prettier/bin/prettier.cjs', '--write', '--log-level=warn', ...options(extra), ...pathsOr('.', extra)]],
}

const layers = ['core', 'renderer', 'electron']
const options = (extra) => extra.filter((argument) => argument.startsWith('-'))
const pathsOr = (otherwise, extra) => {
  const paths = extra.filter((argument) => !argument.startsWith('-'))
  return paths.length > 0 ? paths : [otherwise].flat()
}

/**
 * Runs one tool, or all of `check`.
 *
 * @param {string | undefined} name
 * @param {string[]} extra arguments that the user added
 * @param {{ root: string, node: string }} place
 * @returns {Promise<number>} the exit status of the first program that failed; 0 when none did
 */
export async function runTool(name, extra, place) {
  process.env['NODE_COMPILE_CACHE'] ??= join(place.root, '.build', 'compiled') // for the processes that tests start, too
  if (name === 'check') return await check(place)
  if (name === undefined || !Object.hasOwn(tools, name)) {
    say(`--tool: expected one of ${[...Object.keys(tools), 'check'].join(', ')}, got ${JSON.stringify(name ?? '')}`)
    return 2
  }
  for (const [file, ...args] of tools[name](extra)) {
    const status = await runNode(place.node, [join(place.root, 'node_modules', file), ...args], { cwd: place.root })
    if (status !== 0) return status
  }
  return 0
}

/**
 * Everything that must hold before a commit. The tests take longest and spend much of it waiting for processes, so the other parts run one
 * after another beside them.
 */
async function check(place) {
  const results = []
  const inTurn = async (parts) => {
    for (const part of parts) results.push(await checkPart(part, place))
  }
  await Promise.all([inTurn(['test']), inTurn(['types', 'lint', 'layers', 'dead'])])
  return results.every((passed) => passed) ? 0 : 1
}

/** Runs one part silently; prints its line, and below it all it said when it failed. */
async function checkPart(name, { root, node }) {
  const begin = performance.now()
  let said = ''
  let passed = true
  for (const [file, ...args] of tools[name]([])) {
    const { status, output } = await captureNode(node, [join(root, 'node_modules', file), ...args], { cwd: root })
    said += output
    passed &&= status === 0
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  process.stdout.write(`${passed ? '✓' : '✗'} ${name} ${seconds} s\n`)
  if (!passed) process.stdout.write(`${said.trimEnd()}\n`)
  return passed
}
