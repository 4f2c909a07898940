import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '#core/contract/values.ts'
import fixture from '#core/testing/fixtures/diabetes-report.json' with { type: 'json' }
import type { JobContext } from '../childJob.ts'
import { runReport } from './report.ts'

type Artifact = Parameters<JobContext['artifact']>[0]

const model: Json = fixture

describe('the report job', () => {
  let folder = ''
  const said: Artifact[] = []
  const context = {
    artifact: (file: Artifact) => said.push(file),
    get folder() {
      return folder
    },
  }
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kagami report 日本語 '))
    said.length = 0
  })
  afterEach(async () => rm(folder, { recursive: true }))

  test('leaves one file, whole, and says its hash and size', async () => {
    expect(await runReport({ kind: 'report', model }, context)).toEqual({ kind: 'report' })
    const [artifact] = said
    const bytes = await readFile(artifact?.path ?? '')
    expect(await readdir(folder)).toEqual(['report.html'])
    expect(artifact).toMatchObject({ what: 'report', bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
    expect(bytes.toString('utf8', 0, 15)).toBe('<!doctype html>')
  })

  test('refuses a broken model with every problem and leaves nothing', async () => {
    const broken = { ...fixture, language: 'fr', surprise: 1, study: { ...fixture.study, formulaHtml: '<script>' } }
    const refusal = await runReport({ kind: 'report', model: broken }, context).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'invalid-input', problems: { length: 3 } })
    expect(await readdir(folder)).toEqual([])
    expect(said).toEqual([])
  })
})
