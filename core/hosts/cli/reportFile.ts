/** Writing a report where the user wants it. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Language } from '#core/contract/values.ts'
import type { Reader } from '#core/workbench/workbench.ts'
import { unwritable, writeWhole } from './files.ts'

const extensions = ['.html', '.md']

/** Fails before anything trains: 'invalid-input' for another ending, 'store-failed' where no file can be written. Only trying tells: root may all, but not in /proc. */
export function requireWritable(file: string): void {
  if (!extensions.includes(extname(file)))
    throw new Refusal('invalid-input', `report: expected a name that ends in ${extensions.join(' or ')}, got ${quote(file)}`)
  const isNew = !existsSync(file)
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true })
    closeSync(openSync(file, 'a'))
    if (isNew) rmSync(file)
  } catch (error) {
    throw unwritable('report', file, error)
  }
}

export async function writeReport(
  reader: Reader,
  { study, language, file }: { study: string; language: Language; file: string },
): Promise<string> {
  const { html, markdown } = await reader.report({ study, language })
  writeWhole('report', file, [extname(file) === '.md' ? markdown : html])
  return file
}
