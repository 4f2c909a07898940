/** Writing a report where the user wants it. */
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { Refusal, quote } from '#core/contract/errors.ts'
import type { Language } from '#core/contract/values.ts'
import type { Workbench } from '#core/workbench/workbench.ts'

const extensions = ['.html', '.md']

/** Fails before anything trains: 'invalid-input' for another ending, 'store-failed' where no file can be written. */
export function requireWritable(file: string): void {
  if (!extensions.includes(extname(file)))
    throw new Refusal('invalid-input', `report: expected a name that ends in ${extensions.join(' or ')}, got ${quote(file)}`)
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true })
    accessSync(dirname(resolve(file)), constants.W_OK)
  } catch (error) {
    throw unwritable(file, error)
  }
}

export async function writeReport(
  workbench: Workbench,
  { study, language, file }: { study: string; language: Language; file: string },
): Promise<string> {
  requireWritable(file)
  const { html, markdown } = await workbench.report({ study, language })
  try {
    writeFileSync(file, extname(file) === '.md' ? markdown : html)
    return file
  } catch (error) {
    rmSync(file, { force: true })
    throw unwritable(file, error)
  }
}

function unwritable(file: string, error: unknown): Refusal {
  return new Refusal(
    'store-failed',
    `report: expected a place that can be written, got ${quote(file)} (${error instanceof Error ? error.message : String(error)})`,
  )
}
