/** The verdict of a study in sentences of the shared catalogue: one for each rule, made of the counts that the workbench gives and nothing else. */
import type { Study, VerdictPart } from '#core/contract/index.ts'
import type { Catalogue } from '#core/presentation/catalogue.ts'
import { formatNumber } from '#core/presentation/digits.ts'

export type RuleState = 'holds' | 'fails' | 'open'
export type Rule = { readonly state: RuleState; readonly text: string }

/** `open` until a run that the rule speaks about has come to its end; `holds` when every one of them passed. */
export function ruleState({ passed, total }: VerdictPart): RuleState {
  if (total === 0) return 'open'
  return passed === total ? 'holds' : 'fails'
}

export function verdictRules(study: Study, words: Catalogue): readonly Rule[] {
  return study.verdict.map((part) => ({ state: ruleState(part), text: ruleSentence(study, part, words) }))
}

/** The whole: fails when one rule fails, open while one is open, and without rules there is nothing to say. */
export function verdictState(study: Study): RuleState | null {
  const states = study.verdict.map(ruleState)
  if (states.length === 0) return null
  if (states.includes('fails')) return 'fails'
  return states.includes('open') ? 'open' : 'holds'
}

function ruleSentence(study: Study, part: VerdictPart, words: Catalogue): string {
  const { language } = words
  const metric = study.metrics.find(({ name }) => name === part.metric)?.title[language] ?? part.metric
  const holds = ruleState(part) === 'holds'
  return words(holds ? sentenceOf(part) : `verdict.${part.rule}`, {
    theory: words('chart.predicted'),
    passed: part.passed,
    total: part.total,
    runs: runsOf(study, part, words),
    metric,
    limit: formatNumber(part.limit, language),
    worst: formatNumber(part.worst, language),
  })
}

/** Two rules have sentences of their own when they hold: agreement with the theory, and a control without a zero. */
function sentenceOf({ metric, rule, limit }: VerdictPart): 'verdict.agrees' | 'verdict.noZero' | 'verdict.at-most' | 'verdict.at-least' {
  if (rule === 'at-most' && metric === 'oracle-distance-relative') return 'verdict.agrees'
  if (rule === 'at-most' && limit === 0 && metric.startsWith('sparsity-')) return 'verdict.noZero'
  return `verdict.${rule}`
}

/** Which runs the rule speaks about: all, or those of certain levels. */
function runsOf(study: Study, { where, total }: VerdictPart, words: Catalogue): string {
  if (where.length === 0) return words('verdict.runs', { n: total })
  const levels = where.map(({ factor, label }) => {
    const title = study.factors.find(({ path }) => path === factor)?.title[words.language] ?? factor
    return words('verdict.level', { factor: title, label })
  })
  return words('verdict.runsWith', { levels: new Intl.ListFormat(words.language, { type: 'conjunction' }).format(levels), n: total })
}
