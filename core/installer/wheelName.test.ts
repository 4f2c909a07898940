import { describe, expect, test } from 'vitest'
import { compareVersions, parseWheelName, requirementsOf, runsHere, satisfies } from './wheelName.ts'

describe('names of wheels', () => {
  test('name, version, Python and platform are read', () => {
    expect(parseWheelName('tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl')).toEqual({
      project: 'tensorflow-cpu',
      version: '2.21.0',
      python: 'cp313',
      platform: 'manylinux_2_27_x86_64',
    })
    const built = parseWheelName('nvidia_cudnn_cu12-9.3.0.75-1-py3-none-manylinux2014_x86_64.whl') // with a build number
    expect(built).toMatchObject({ project: 'nvidia-cudnn-cu12', version: '9.3.0.75', python: 'py3' })
    for (const other of ['', 'a.whl', 'tensorflow-2.21.0.tar.gz', 'a-1-b-c.whl']) expect(parseWheelName(other)).toBeNull()
  })

  test.each([
    ['manylinux_2_27_x86_64', '2.36', true],
    ['manylinux_2_27_x86_64', '2.27', true],
    ['manylinux_2_27_x86_64', '2.26', false],
    ['manylinux_2_40_x86_64.manylinux2014_x86_64', '2.36', true],
    ['any', '2.36', true],
    ['manylinux_2_27_aarch64', '2.36', false],
    ['musllinux_1_2_x86_64', '2.36', false],
    ['macosx_12_0_arm64', '2.36', false],
    ['win_amd64', '2.36', false],
  ])('%s with glibc %s: %s', (platform, glibc, expected) => expect(runsHere(platform, glibc)).toBe(expected))
})

describe('versions', () => {
  test('are compared number by number, missing ones as 0', () => {
    const sorted = ['2.9', '2.21.0', '2.21.0.1', '12.5.3.2', '12.10']
    for (const [i, a] of sorted.entries()) for (const [j, b] of sorted.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j)) // prettier-ignore
    expect(compareVersions('2.21', '2.21.0')).toBe(0)
    expect(compareVersions('2.21.0rc1', '0')).toBeLessThan(0)
  })

  test.each([
    ['2.21.0', '>=2.21.0,<2.22', true],
    ['2.21.3', '>=2.21.0,<2.22', true],
    ['2.22.0', '>=2.21.0,<2.22', false],
    ['2.21.0rc1', '>=2.21.0,<2.22', false],
    ['12.9.1.4', '<13.0,>=12.5.3.2', true],
    ['12.5.3.1', '<13.0,>=12.5.3.2', false],
    ['2.21.0', '==2.21', true],
    ['2.21.0', '!=2.21', false],
    ['2.21.0', '~=2.21', false],
    ['2.21.0', '', false],
  ])('%s for %s: %s', (version, specifier, expected) => expect(satisfies(version, specifier)).toBe(expected))
})

test('of what a wheel requires, the rows of one extra', () => {
  const metadata = [
    'Requires-Dist: numpy>=1.26.0',
    'Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"',
    "Requires-Dist: Nvidia.NCCL_cu12 (<3.0,>=2.27.7) ; extra == 'and-cuda'",
    'Requires-Dist: tensorflow-io>=0.23.1; (sys_platform != "win32") and extra == "gcs-filesystem"',
  ].join('\n')
  expect(requirementsOf(metadata, 'and-cuda')).toEqual([
    { project: 'nvidia-cublas-cu12', specifier: '<13.0,>=12.5.3.2' },
    { project: 'nvidia-nccl-cu12', specifier: '<3.0,>=2.27.7' },
  ])
  expect(requirementsOf('', 'and-cuda')).toEqual([])
})
