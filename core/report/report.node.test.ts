import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import fixture from '#core/testing/fixtures/diabetes-report.json' with { type: 'json' }
import { reportHtml } from './html.ts'
import { reportMarkdown } from './markdown.ts'
import { reportModel, type ReportModel } from './model.ts'

const model = reportModel.parse(fixture)
const japanese: ReportModel = { ...model, language: 'ja' }

/** Any text at all, with what breaks out of HTML and Markdown often in it. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    '<script>alert(1)</script>',
    '</title><img src=x onerror=alert(1)>',
    '"\'><svg onload=x>',
    '&lt;&amp;',
    ']](javascript:x)',
    '| a | b |',
    '`${x}`',
  ),
)

/** The page without what is generated: fonts, styles. */
function body(html: string): string {
  return html.slice(html.indexOf('<body>'))
}

/** Text as HTML must hold it, written independently: one sign after the other. */
function escaped(text: string): string {
  return [...text]
    .map((sign) => {
      const code = sign.codePointAt(0) ?? 0
      if ((code >= 0xd800 && code <= 0xdfff) || (code < 32 && ![9, 10, 13].includes(code)) || code === 127) return '\ufffd'
      return { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[sign] ?? sign
    })
    .join('')
    .replace(/10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹])/g, '10<sup>$1') // powers of ten are set with raised digits
}

function withText(base: ReportModel, text: string): ReportModel {
  return {
    ...base,
    study: { ...base.study, name: text, title: { en: text, ja: text }, question: { en: text, ja: text } },
    figures: [],
    comparisons: [],
  }
}

describe('the fixture', () => {
  test('holds the lasso coefficients of the published table', () => {
    const cell = (label: string) => model.theory[0]?.cells.find((each) => each.label === label)?.predicted
    // theory.md, diabetes-lasso: five decimals, so half of the last one
    const published: [string, number[]][] = [
      ['γ = 0.01', [0, -0.12673, 0.32334, 0.18633, -0.07893, 0, -0.12678, 0.01717, 0.3204, 0.0354]],
      ['γ = 0.1', [0, 0, 0.30486, 0.10632, 0, 0, -0.05844, 0, 0.26474, 0]],
      ['γ = 0.3', [0, 0, 0.20953, 0, 0, 0, 0, 0, 0.1724, 0]],
    ]
    for (const [label, values] of published)
      values.forEach((value, j) => expect(Math.abs((cell(label)?.[j] ?? Number.NaN) - value)).toBeLessThanOrEqual(5.1e-6))
  })
})

describe('a report in HTML', () => {
  test('has the same bytes each time, in both languages', async () => {
    for (const each of [model, japanese]) expect(await reportHtml(each)).toBe(await reportHtml(structuredClone(each)))
  })

  test('asks the network for nothing and runs nothing', async () => {
    const html = await reportHtml(model)
    expect(html).not.toMatch(/<script|<link|<iframe|<img|<object|\son[a-z]+=|javascript:|@import/i)
    expect([...html.matchAll(/url\(["']?([a-z]+:)?/g)].every(([, scheme]) => scheme === 'data:' || scheme === undefined)).toBe(true) // undefined: #clip inside the file
    expect([...html.matchAll(/(?:href|src)="([^#][^"]*)"/g)]).toEqual([])
  })

  test('is at most 1.5 MB in Japanese and under 500 kB in English', async () => {
    expect(Buffer.byteLength(await reportHtml(japanese))).toBeLessThan(1_500_000)
    expect(Buffer.byteLength(await reportHtml(model))).toBeLessThan(500_000)
  })

  test('begins with the question and the answer in sentences', async () => {
    const page = body(await reportHtml(model))
    const places = [
      model.study.question.en,
      '39 of 39 runs with model product-linear agree with Lasso',
      'has a zero coefficient',
      'Table 1.',
      'Table 2.',
      'Figure 1.',
      'Methods',
      'Reproducibility',
    ].map((text) => page.indexOf(text))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(Math.min(...places)).toBeGreaterThan(0)
  })

  test('draws one picture for each figure, named for those who cannot see it', async () => {
    const pictures = [...body(await reportHtml(model)).matchAll(/<svg [^>]*role="img" aria-label="([^"]+)"/g)]
    expect(pictures).toHaveLength(model.figures.length)
  })

  test('never gives two things the same id', async () => {
    const ids = [...body(await reportHtml(model)).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('holds any text as text', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, fc.constantFrom(model, japanese), async (text, base) => {
        const html = await reportHtml(withText(base, text))
        expect(body(html)).toContain(`<h1>${escaped(text)}`)
        expect(html).not.toMatch(/<script|<img|<svg/i) // figures were left out
      }),
      { numRuns: 60 },
    )
  })

  test('of a study without a finished run says that there is no answer', async () => {
    const empty: ReportModel = {
      ...model,
      verdict: model.verdict.map((part) => ({ ...part, passed: 0, total: 0, worst: null, worstRun: null })),
      runs: { total: 80, states: { queued: 80 }, diverged: [], stopped: [] },
      theory: [],
      figures: [],
      comparisons: [],
    }
    expect(body(await reportHtml(empty))).toContain('there is no answer')
  })

  test('shows missing numbers as words, not as blanks', async () => {
    const cells =
      model.theory[0]?.cells.map((cell) => ({
        ...cell,
        replicates: 0,
        largestDifference: null,
        measured: cell.names.map(() => null),
        zerosMeasured: null,
      })) ?? []
    const page = body(await reportHtml({ ...model, theory: model.theory.map((theory) => ({ ...theory, cells })), figures: [] }))
    expect(page).toContain('no value')
    expect(page).not.toMatch(/NaN|null|undefined/)
  })
})

describe('a report in Markdown', () => {
  test('says the same sentences as the HTML', async () => {
    const [markdown, html] = [reportMarkdown(model), await reportHtml(model)]
    for (const sentence of [
      'None of the 40 runs with model linear has a zero coefficient.',
      'A single seed gives a mean and neither interval nor test.',
    ]) {
      expect(markdown).toContain(sentence)
      expect(html).toContain(sentence)
    }
  })

  test('has tables whose rows have as many cells as their heads', () => {
    const markdown = reportMarkdown(japanese)
    const tables = markdown.split('\n\n').filter((block) => block.startsWith('|'))
    expect(tables.length).toBeGreaterThanOrEqual(4)
    for (const table of tables) expect(new Set(table.split('\n').map((line) => line.replaceAll('\\|', '').split('|').length)).size).toBe(1)
  })

  test('holds any text on one line and without markup', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const [first = ''] = reportMarkdown(withText(model, text)).split('\n')
        expect(first.replace(/\\[\\`*_[\]<>#|~$]/g, '')).not.toMatch(/[\\`*_[\]<>|~$]/)
        expect(first.startsWith('# ')).toBe(true)
      }),
    )
  })
})
