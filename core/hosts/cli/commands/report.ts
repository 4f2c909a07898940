/** `kagami report P --out FILE`: the report of a study, as one file. */
import { Option } from 'commander'
import type { Register } from '../command.ts'
import { openReader } from '../../node.ts'
import { print, printJson, say } from '../output.ts'
import { chooseStudy } from '../options.ts'
import { requireWritable, writeReport } from '../reportFile.ts'

type Options = { study?: string; out: string; lang: 'en' | 'ja'; json?: boolean }

export const addReport: Register = (program) => {
  program
    .command('report <project>')
    .description('write the report of a study')
    .option('--study <name>', 'a study of the project; needed when it holds several')
    .requiredOption('--out <file>', 'report.html or report.md')
    .addOption(new Option('--lang <language>', 'of the report').choices(['en', 'ja']).default('en'))
    .option('--json', 'machine-readable result')
    .action(async (folder: string, { study, out, lang, json }: Options) => {
      requireWritable(out)
      const reader = openReader(folder, say)
      try {
        const { id } = chooseStudy(reader.project.db, study)
        const file = await writeReport(reader, { study: id, language: lang, file: out })
        if (json === true) printJson({ study: id, report: file })
        else print(`Report: ${file}`)
      } finally {
        reader.close()
      }
    })
}
