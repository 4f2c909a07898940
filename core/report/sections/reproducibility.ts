/** Everything that is needed to get the same bytes again. */
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatBytes, formatDuration } from '#core/presentation/digits.ts'
import type { Block } from '../document.ts'
import type { ReportModel } from '../model.ts'

export function reproducibility({ reproducibility: box, study }: ReportModel, words: Catalogue): Block[] {
  const { language } = words
  const stacks = box.stacks.map(({ id, runs, seconds }) => {
    const stack = words('report.reproducibility.stack', { id, runs, n: runs })
    return seconds === null ? stack : words('report.reproducibility.stackTime', { stack, time: formatDuration(seconds * 1_000, language) })
  })
  const data = box.data.flatMap(({ path, sha256, bytes, source }) => [
    words('report.reproducibility.dataEntry', { path, size: formatBytes(bytes, language), hash: sha256 }),
    ...(source === null ? [] : [source[language]]),
  ])
  const { made, reused, seconds } = box.programs
  const time = formatDuration((seconds ?? 0) * 1_000, language)
  const programs = made + reused === 0 ? [] : [words('report.reproducibility.programsValue', { made, reused, time })]
  const versions = Object.entries(box.versions).sort(([a], [b]) => (a < b ? -1 : 1))
  const engine = box.device === null ? box.engine : words('report.reproducibility.engineValue', { engine: box.engine, device: box.device })
  const facts = [
    { key: 'hash', values: [`${study.name}: ${box.hash}`] },
    { key: 'date', values: [date(box.dateMs, words)] },
    { key: 'engine', values: [engine] },
    { key: 'versions', values: [versions.map(([name, version]) => `${name} ${version}`).join(', ')] },
    {
      key: 'seeds',
      values: [
        words(box.seeds.paired ? 'report.design.seedsPaired' : 'report.design.seedsValue', {
          count: box.seeds.count,
          base: String(box.seeds.base),
        }),
      ],
    },
    { key: 'stacks', values: stacks },
    { key: 'programs', values: programs },
    { key: 'data', values: data },
  ] as const
  return [
    { kind: 'heading', text: words('report.reproducibility.heading') },
    { kind: 'paragraph', text: words('report.reproducibility.intro') },
    {
      kind: 'facts',
      facts: facts
        .filter(({ values }) => values.length > 0)
        .map(({ key, values }) => ({ title: words(`report.reproducibility.${key}`), values })),
    },
    { kind: 'commands', commands: box.commands.map(({ what, text }) => ({ title: words(`report.reproducibility.${what}`), text })) },
  ]
}

/** In UTC, and said to be: a report reads the same wherever it is opened. */
function date(dateMs: number, { language }: Catalogue): string {
  const format = new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
  return `${format.format(dateMs)} UTC`
}
