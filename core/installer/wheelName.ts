/**
 * Names and versions of wheels, as far as those of TensorFlow and NVIDIA need them: versions of whole numbers, no pre-releases.
 *
 * Source: PEP 427 (names), PEP 440 (versions), PEP 508 (requirements), PEP 600 (manylinux).
 */
export type WheelName = { readonly project: string; readonly version: string; readonly python: string; readonly platform: string }

/** What a project's version must satisfy, for instance `<13.0,>=12.5.3.2`. */
export type Requirement = { readonly project: string; readonly specifier: string }

/** null for what is no wheel's name. */
export function parseWheelName(fileName: string): WheelName | null {
  const parts = /^(?<project>[^-]+)-(?<version>[^-]+)(-\d[^-]*)?-(?<python>[^-]+)-[^-]+-(?<platform>[^-]+)\.whl$/.exec(fileName)?.groups
  if (parts === undefined) return null
  const { project = '', version = '', python = '', platform = '' } = parts
  return { project: normalised(project), version, python, platform }
}

/** Letters' case and the signs between words do not count. */
export function normalised(project: string): string {
  return project.toLowerCase().replace(/[-_.]+/g, '-')
}

/** Whether a wheel of this platform tag runs on Linux x64 with that glibc. */
export function runsHere(platform: string, glibc: string): boolean {
  return platform.split('.').some((tag) => {
    const wanted = /^manylinux_(\d+)_(\d+)_x86_64$/.exec(tag)
    if (wanted !== null) return compareVersions(`${wanted[1]}.${wanted[2]}`, glibc) <= 0
    return tag === 'any' || /^manylinux(1|2010|2014)_x86_64$/.test(tag) // all below glibc 2.18
  })
}

/** Below 0 where `a` is older. A version that is no row of whole numbers (a pre-release) is older than every other. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbersOf(a), numbersOf(b)]
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function numbersOf(version: string): number[] {
  return /^\d+(\.\d+)*$/.test(version) ? version.split('.').map(Number) : [-1]
}

/** Whether a version satisfies all parts of a specifier; pre-releases satisfy none, nor does anything one that is not understood. */
export function satisfies(version: string, specifier: string): boolean {
  if (!/^\d+(\.\d+)*$/.test(version)) return false
  return specifier.split(',').every((part) => {
    const [, operator, wanted = ''] = /^\s*(==|!=|<=|>=|<|>)\s*(\S+)\s*$/.exec(part) ?? []
    const order = compareVersions(version, wanted)
    switch (operator) {
      case '==':
        return order === 0
      case '!=':
        return order !== 0
      case '<=':
        return order <= 0
      case '>=':
        return order >= 0
      case '<':
        return order < 0
      case '>':
        return order > 0
      default:
        return false
    }
  })
}

/** What a wheel's METADATA asks for under an extra, for instance `and-cuda`. */
export function requirementsOf(metadata: string, extra: string): Requirement[] {
  return metadata.split('\n').flatMap((line) => {
    const [, project, specifier = '', marker = ''] =
      /^Requires-Dist:\s*([\w.-]+)\s*\(?([^;()]*)\)?\s*(?:;\s*(.*))?$/.exec(line.trim()) ?? []
    const isAsked = project !== undefined && new RegExp(`extra\\s*==\\s*["']${extra}["']`).test(marker)
    return isAsked ? [{ project: normalised(project), specifier: specifier.trim() }] : []
  })
}
