import { describe, expect, test } from 'vitest'
import type { Phase, PhaseBoundary } from '#core/contract/phase.ts'
import fixture from '#core/testing/fixtures/diabetes-report.json' with { type: 'json' }
import { reportModel } from '../model.ts'
import { reportWords } from '../words.ts'
import { phases } from './phase.ts'

const bare = reportModel.parse({ ...fixture, runs: { ...fixture.runs, stopped: [] } })
const title = (text: string) => ({ en: text, ja: text })
const boundary: PhaseBoundary = {
  oracles: [{ number: '8.2', title: title('Lasso') }],
  along: 'x',
  seeds: 1,
  lines: [{ collapses: 'above', points: [{ at: 0, value: 0.5, low: 0.5, high: 0.5 }] }],
}

/** What the section says before its figure. */
function said(over: PhaseBoundary | null, language: 'en' | 'ja' = 'en'): string {
  const levels = [0, 1].map((value) => ({ label: String(value), value }))
  const phase: Phase = {
    metric: 'loss',
    x: { factor: 'a', scale: 'linear', levels },
    y: { factor: 'b', scale: 'linear', levels },
    where: {},
    pooled: [],
    cells: [],
    boundary: over,
  }
  const metric = { title: title('Loss'), unit: '', scale: 'linear' as const, isPredictable: false }
  const data = { metric, x: { title: title('A') }, y: { title: title('B') }, phase }
  return phases({ ...bare, language, figures: [{ kind: 'phase', data }] }, reportWords(language))
    .flatMap((block) => (block.kind === 'paragraph' ? [block.text] : []))
    .join('\n')
}

describe('the phase diagram of a report speaks of a dashed line', () => {
  test('where one is drawn', () => {
    expect(said(boundary)).toContain('The dashed line is where Lasso (oracle 8.2) says that collapse begins')
    expect(said(boundary, 'ja')).toContain('破線は、Lasso(8.2)による崩壊の境界です')
  })
  test('not where the theory has a boundary that does not pass through the diagram', () => {
    const empty = { ...boundary, lines: [] }
    expect(said(empty)).toContain('Lasso (oracle 8.2); its boundary does not pass through this diagram, so no line is drawn.')
    expect(said(empty)).not.toContain('dashed')
    expect(said(empty, 'ja')).toContain('この相図の中を通らないため、線は描いていません')
    expect(said(empty, 'ja')).not.toContain('破線')
  })
  test('not where the theory has no boundary', () => {
    expect(said(null)).toContain('No closed form speaks of this study, so no boundary is drawn.')
    expect(said(null)).not.toContain('dashed')
  })
})
