import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
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

  test('leaves both forms, whole, and says the hash and size of each', async () => {
    expect(await runReport({ kind: 'report', model }, context)).toEqual({ kind: 'report' })
    expect(await readdir(folder)).toEqual(['report.html', 'report.md'])
    expect(said.map(({ path }) => basename(path))).toEqual(['report.html', 'report.md'])
    for (const { what, path, sha256, bytes } of said) {
      const written = await readFile(path)
      expect([what, bytes, sha256]).toEqual(['report', written.length, createHash('sha256').update(written).digest('hex')])
    }
    expect(await readFile(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/)
  })

  test('refuses a broken model with every problem and leaves nothing', async () => {
    const broken = { ...fixture, language: 'fr', surprise: 1, study: { ...fixture.study, formulaHtml: '<script>' } }
    const refusal = await runReport({ kind: 'report', model: broken }, context).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'invalid-input', problems: { length: 3 } })
    expect(await readdir(folder)).toEqual([])
    expect(said).toEqual([])
  })
})
