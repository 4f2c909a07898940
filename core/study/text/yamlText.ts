/**
 * YAML 1.2 (JSON is part of it) → plain values with their places, from people and from strangers alike. Only the core schema: no dates, no
 * merge keys, no tags of its own, no second document. What a text may cost is bounded before it is composed: size, depth, aliases.
 */
import {
  type CST,
  Composer,
  type Document,
  type ErrorCode,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
} from 'yaml'
import { Refusal, quote } from '#core/contract/errors.ts'
import { utf8Length } from '#core/formats/utf8.ts'
import { type Path } from './path.ts'

/** A parsed text. `place` names where `path` stands: its field or list item, or where the nearest one around it does. */
export type YamlText = { readonly value: unknown; readonly place: (path: Path) => string }

const SIZE_LIMIT = 1_048_576 // bytes; the largest study by hand is a hundredth of it
const DEPTH_LIMIT = 64
const ALIAS_LIMIT = 10_000 // values made by repeating anchors
const PROBLEM_LIMIT = 5
const SNIPPET = 30

/** What each fault of syntax breaks. */
const rules: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias without anchor or tag',
  BAD_ALIAS: 'the name of an anchor after *',
  BAD_COLLECTION_TYPE: 'the kind of value that its tag names',
  BAD_DIRECTIVE: 'a directive of YAML 1.2',
  BAD_DQ_ESCAPE: 'an escape that YAML knows',
  BAD_INDENT: 'the same indentation as its neighbours',
  BAD_PROP_ORDER: 'anchor and tag before the value and its indicator',
  BAD_SCALAR_START: 'quotes around text that begins with this sign',
  BLOCK_AS_IMPLICIT_KEY: 'one "name: value" a line',
  BLOCK_IN_FLOW: 'no indented block inside brackets',
  DUPLICATE_KEY: 'every field once',
  IMPOSSIBLE: 'valid YAML',
  KEY_OVER_1024_CHARS: 'a field name of at most 1024 signs',
  MISSING_CHAR: 'a closing bracket or quote, a comma, a colon or a space before this',
  MULTILINE_IMPLICIT_KEY: 'a field name on one line',
  MULTIPLE_ANCHORS: 'one anchor at most',
  MULTIPLE_DOCS: 'one document',
  MULTIPLE_TAGS: 'one tag at most',
  NON_STRING_KEY: 'a text as the name of a field',
  RESOURCE_EXHAUSTION: `at most ${DEPTH_LIMIT} levels of nesting`,
  TAB_AS_INDENT: 'spaces for indentation',
  TAG_RESOLVE_FAILED: 'no tag but those of the core schema, on a value that fits',
  UNEXPECTED_TOKEN: 'valid YAML',
}

/**
 * The value of `text`, and the place of each part of it. `name` is the file's, for the sentences.
 *
 * Fields may be called `__proto__` or `constructor`: they are own fields of plain objects like any other, for the schema to refuse.
 *
 * Fails: 'invalid-input', each problem as `study.yaml:12:7: …`: syntax, more than 1 MiB, more than 64 levels, a field twice, aliases that
 * repeat more than 10,000 values, whole numbers beyond 2⁵³, several documents, none.
 */
export function parseYaml(text: string, name: string): YamlText {
  const size = utf8Length(text)
  if (size > SIZE_LIMIT) throw new Refusal('invalid-input', `${name}: expected at most 1 MiB (${SIZE_LIMIT} bytes), got ${size} bytes`)
  const lines = new LineCounter()
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const problem = (offset: number, sentence: string) => `${placeAt(offset)}: ${sentence}`
  const document = compose(text, lines, problem)
  const content = document.contents
  if (content === null || (isScalar(content) && content.type === 'PLAIN' && content.source === '')) {
    throw new Refusal('invalid-input', `${name}: expected a YAML or JSON document, got an empty one`)
  }
  const build: Build = { anchors: new Map(), targets: new Map(), problems: [], problem, repeated: 0 }
  const value = valueOf(content, { build, depth: 0, isRepeated: false })
  if (build.problems.length > 0) throw refusal(build.problems)
  return { value, place: (path) => placeAt(offsetOf(content, path, build.targets)) }
}

type Problem = (offset: number, sentence: string) => string

function compose(text: string, lines: LineCounter, problem: Problem): Document.Parsed {
  const tokens = [...tokensOf(text, lines, problem)]
  // uniqueKeys compares every name with every other: minutes for a hostile file; `mapOf` does it with a set
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: false,
  })
  const [document, second] = [...composer.compose(tokens, true, text.length)]
  const faults = [...(document?.errors ?? []), ...(document?.warnings ?? [])]
  const sentences = faults.map(({ code, pos: [offset] }) => problem(offset, `expected ${rules[code]}, got ${snippet(text, offset)}`))
  if (second !== undefined) sentences.push(problem(second.range[0], 'expected one document, got a second'))
  if (document === undefined || sentences.length > 0) throw refusal(sentences)
  const { explicit, version } = document.directives.yaml
  if (explicit === true && version !== '1.2') throw refusal([problem(0, `expected YAML 1.2, got a directive for ${version}`)])
  return document
}

/** The tokens of `text`. Stops at the first collection too deep, as deep ones cost the parser quadratic time and the composer its stack. */
function* tokensOf(text: string, lines: LineCounter, problem: Problem): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > DEPTH_LIMIT && parser.stack.filter((token) => 'items' in token).length > DEPTH_LIMIT) {
      throw refusal([problem(parser.offset, `expected at most ${DEPTH_LIMIT} levels of nesting, got more`)])
    }
  }
  yield* parser.end()
}

function snippet(text: string, offset: number): string {
  const line = /^[^\r\n]*/.exec(text.slice(offset, offset + SNIPPET + 1))?.[0].trimEnd() ?? ''
  if (line !== '') return quote(line, SNIPPET)
  return offset >= text.trimEnd().length ? 'the end of the text' : 'the end of the line'
}

type Build = {
  readonly anchors: Map<string, unknown> // the last node with each anchor; null while it is being built
  readonly targets: Map<unknown, unknown> // alias → node
  readonly problems: string[]
  readonly problem: Problem
  repeated: number
}
type Context = { readonly build: Build; readonly depth: number; readonly isRepeated: boolean }

/** The plain value of a node. Anchors are met in the order of the text, so that an alias means the last one before it. */
function valueOf(node: unknown, context: Context): unknown {
  const { build, depth, isRepeated } = context
  if (isRepeated) build.repeated += 1
  if (depth > DEPTH_LIMIT || build.repeated > ALIAS_LIMIT) {
    const rule = depth > DEPTH_LIMIT ? `at most ${DEPTH_LIMIT} levels of nesting` : `aliases that repeat at most ${ALIAS_LIMIT} values`
    throw refusal([build.problem(startOf(node), `expected ${rule}, got more`)])
  }
  if (isAlias(node)) {
    const target = build.anchors.get(node.source) ?? undefined
    build.targets.set(node, target)
    if (target !== undefined) return valueOf(target, { build, depth: depth + 1, isRepeated: true })
    const where = build.anchors.has(node.source) ? 'outside of what it repeats' : `after its anchor &${node.source}`
    build.problems.push(build.problem(startOf(node), `expected an alias ${where}, got ${quote(`*${node.source}`)}`))
    return undefined
  }
  const anchor = (isMap(node) || isSeq(node) || isScalar(node)) && !isRepeated ? node.anchor : undefined
  if (anchor !== undefined) build.anchors.set(anchor, null)
  const value = contentOf(node, { ...context, depth: depth + 1 })
  if (anchor !== undefined) build.anchors.set(anchor, node)
  return value
}

function contentOf(node: unknown, context: Context): unknown {
  if (isMap(node)) return mapOf(node.items, context)
  if (isSeq(node)) return node.items.map((item) => valueOf(item, context))
  if (!isScalar(node)) return null // "name:" without a value in brackets has no node
  const { value, source = '' } = node
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?(\d+|0[xo].*)$/.test(source)) {
    context.build.problems.push(
      context.build.problem(startOf(node), `expected a whole number between −(2⁵³ − 1) and 2⁵³ − 1, got ${quote(source).slice(1, -1)}`),
    )
  }
  return value
}

function mapOf(pairs: readonly Pair[], context: Context): unknown {
  const { problems, problem } = context.build
  const entries = new Map<string, unknown>()
  for (const { key, value } of pairs) {
    const name = isScalar(key) ? key.value : undefined
    if (typeof name !== 'string') problems.push(problem(startOf(key ?? value), 'expected a text as the name of a field'))
    else if (entries.has(name)) problems.push(problem(startOf(key), `expected every field once, got ${quote(name)} again`))
    else entries.set(name, valueOf(value, context))
  }
  return Object.fromEntries(entries) // defines own fields, also one called __proto__
}

function offsetOf(root: unknown, path: Path, targets: ReadonlyMap<unknown, unknown>): number {
  let node = root
  let offset = startOf(root)
  for (const part of path) {
    const container = isAlias(node) ? targets.get(node) : node
    if (isSeq(container) && typeof part === 'number') node = container.items[part]
    else if (isMap(container)) {
      const pair = container.items.find(({ key }) => isScalar(key) && key.value === String(part))
      if (pair === undefined) return offset
      offset = startOf(pair.key)
      node = pair.value
      continue
    } else return offset
    if (node === undefined) return offset
    offset = startOf(node)
  }
  return offset
}

function startOf(node: unknown): number {
  return isAlias(node) || isMap(node) || isSeq(node) || isScalar(node) ? (node.range?.[0] ?? 0) : 0
}

function refusal(problems: readonly string[]): Refusal {
  const shown = problems.slice(0, PROBLEM_LIMIT)
  const [first = ''] = shown
  return shown.length === 1
    ? new Refusal('invalid-input', first)
    : new Refusal('invalid-input', `${first} (the first of ${problems.length} problems)`, shown)
}
