/**
 * A report before it is a page: blocks of text without any markup. HTML and Markdown are two ways to write the same blocks, so that they
 * say the same, and each escapes in one place.
 */
import type { TableTwin } from '#core/presentation/charts/chart.ts'
import type { Figure } from '#core/presentation/charts/registry.ts'
import type { VerdictState } from '#core/presentation/sentences.ts'

export type Column = { readonly title: string; readonly align: 'left' | 'right' } // numbers stand right, on their decimal points

export type Table = {
  readonly kind: 'table'
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
  readonly notes: readonly string[]
  readonly groupedBy?: number // a hairline is drawn after so many rows
}

export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'question'; readonly label: string; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'answer'
      readonly label: string
      readonly state: VerdictState
      readonly word: string
      readonly sentences: readonly { readonly state: VerdictState; readonly text: string }[]
    }
  | { readonly kind: 'formula'; readonly tex: string; readonly mathml: string }
  | {
      readonly kind: 'figure'
      readonly figure: Figure
      readonly caption: string
      readonly alternative: string
      readonly twin: { readonly title: string; readonly table: TableTwin | null; readonly leftOut: string }
    }
  | { readonly kind: 'facts'; readonly facts: readonly { readonly title: string; readonly values: readonly string[] }[] }
  | { readonly kind: 'commands'; readonly commands: readonly { readonly title: string; readonly text: string }[] }
  | { readonly kind: 'pageEnd' } // what follows begins on a new page
  | Table

/** Figures and tables have their numbers in front of their captions. */
export type Document = { readonly title: string; readonly kicker: string; readonly blocks: readonly Block[] }
