/**
 * Artifacts: files named by the SHA-256 of their bytes, `artifacts/ab/cdef…`. The file comes before its row and goes after it, so
 * that a row always has its file, and a file without a row is what a death left behind; `removeUnreferenced` takes it away.
 */
import { existsSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { join, sep } from 'node:path'
import { Refusal, assert } from '#core/contract/errors.ts'
import { hashBytes, hashFile, renameSynced, writeSynced } from './durableFiles.ts'
import { scratchFolder, type Project } from './project.ts'
import { query, transact, type Readable, type Writable } from './statements.ts'
import { onDisk, place } from './storeErrors.ts'

export type ArtifactKind = 'checkpoint' | 'parameters' | 'data' | 'report'
export type Artifact = { readonly sha256: string; readonly bytes: number; readonly kind: ArtifactKind; readonly createdMs: number }

/**
 * Takes a file that a job wrote into `scratch/` into the project. It must have the hash that the job said: otherwise the bytes
 * on the disk are not those that were written.
 */
export function adoptArtifact(
  project: Project,
  file: { readonly path: string; readonly sha256: string; readonly kind: ArtifactKind },
  nowMs: number,
): Artifact {
  return onDisk(file.path, () => {
    const path = realpathSync(file.path)
    assert(path.startsWith(realpathSync(scratchFolder(project)) + sep), `a job writes into scratch: ${path}`)
    const { sha256, bytes } = hashFile(path)
    if (sha256 !== file.sha256) {
      throw new Refusal('store-failed', `artifact: expected bytes with SHA-256 ${file.sha256}, got ${sha256} in ${place(path)}`)
    }
    return settle(project, path, { sha256, bytes, kind: file.kind, createdMs: nowMs })
  })
}

/** Keeps bytes as an artifact. Known bytes are written again, which heals a damaged file. */
export function putBytes(
  project: Project,
  { bytes, kind }: { readonly bytes: Uint8Array; readonly kind: ArtifactKind },
  nowMs: number,
): Artifact {
  const sha256 = hashBytes(bytes)
  const path = join(scratchFolder(project), `put-${sha256}`)
  return onDisk(path, () => {
    writeSynced(path, bytes)
    return settle(project, path, { sha256, bytes: bytes.byteLength, kind, createdMs: nowMs })
  })
}

/** Where the bytes lie. Refuses a hash that the project does not hold. */
export function artifactPath(project: Project<Readable>, sha256: string): string {
  const known = query<{ sha256: string }>(project.db, 'SELECT sha256 FROM artifacts WHERE sha256 = :sha256').get({ sha256 })
  if (known === undefined) throw new Refusal('not-found', `artifact: expected an artifact of this project, got ${sha256}`)
  return pathOf(project, sha256)
}

/** Whether an artifact's file is there, with the bytes that its name promises. */
export function isWhole(project: Project<Readable>, sha256: string): boolean {
  const path = pathOf(project, sha256)
  return onDisk(path, () => existsSync(path) && hashFile(path).sha256 === sha256)
}

/** All artifacts of a project. */
export function listArtifacts(db: Readable): readonly Artifact[] {
  return query<Artifact>(db, 'SELECT sha256, bytes, kind, created_ms AS createdMs FROM artifacts ORDER BY sha256').all()
}

/**
 * Removes the artifacts that nothing speaks of any more, as checkpoints that newer ones replaced, and files without a row. Reports
 * are the user's and stay. Call it when no artifact waits between `adoptArtifact` and the row that will name it. Returns the files removed.
 */
export function removeUnreferenced(project: Project): number {
  forget(project.db)
  const kept = new Set(listArtifacts(project.db).map(({ sha256 }) => sha256))
  const root = join(project.folder, 'artifacts')
  return onDisk(root, () => {
    let removed = 0
    for (const start of readdirSync(root).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
      for (const rest of readdirSync(join(root, start))) {
        if (kept.has(start + rest)) continue
        rmSync(join(root, start, rest))
        removed++
      }
    }
    return removed
  })
}

/** Where an artifact's file lies, whether it is there or not. */
export function pathOf(project: Project<Readable>, sha256: string): string {
  return join(project.folder, 'artifacts', sha256.slice(0, 2), sha256.slice(2))
}

function settle(project: Project, path: string, artifact: Artifact): Artifact {
  const target = pathOf(project, artifact.sha256)
  renameSynced(path, target)
  assert(existsSync(target), 'a renamed file is at its new place')
  query(
    project.db,
    'INSERT INTO artifacts (sha256, bytes, kind, created_ms) VALUES (:sha256, :bytes, :kind, :createdMs) ON CONFLICT DO NOTHING',
  ).run({ ...artifact })
  return artifact
}

function forget(db: Writable): void {
  transact(db, () => {
    query(
      db,
      `DELETE FROM artifacts WHERE kind <> 'report' AND sha256 NOT IN (
        SELECT checkpoint_sha256 FROM stacks WHERE checkpoint_sha256 IS NOT NULL
        UNION SELECT parameters_sha256 FROM stacks WHERE parameters_sha256 IS NOT NULL
        UNION SELECT sha256 FROM study_files)`,
    ).run()
  })
}
