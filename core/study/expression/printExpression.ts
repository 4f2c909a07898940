/** The text of an expression's tree, with the parentheses it needs: reading it gives the same tree. */
import { assert } from '#core/contract/errors.ts'
import type { Path } from '../text/path.ts'
import { type Node, type Value, bindings, isComparison, keywords, nameSource, unaryBindings } from './syntax.ts'

const plainName = new RegExp(`^${nameSource}$`, 'u')
const tightest = 9 // of what needs no parentheses anywhere

export function printExpression(node: Node): string {
  switch (node.kind) {
    case 'literal':
      return printValue(node.value)
    case 'path':
      return printPath(node.path)
    case 'call':
      return `${node.name}(${node.parts.map(printExpression).join(', ')})`
    case 'unary':
      return `${node.operator === 'not' ? 'not ' : '-'}${within(node.operand, unaryBindings[node.operator])}`
    case 'binary': {
      const binding = bindings[node.operator]
      const isLeftTighter = node.operator === '^' || isComparison(node.operator)
      const left = within(node.left, isLeftTighter ? binding + 1 : binding)
      const right = within(node.right, node.operator === '^' ? binding : binding + 1)
      return `${left} ${node.operator} ${right}`
    }
  }
}

/** A path as an expression writes it. */
export function printPath(path: Path): string {
  let text = ''
  for (const part of path) {
    const isPlain = typeof part === 'string' && plainName.test(part) && (text !== '' || !keywords.includes(part))
    if (isPlain) text += text === '' ? part : `.${part}`
    else text += `[${JSON.stringify(part)}]`
  }
  return text
}

function within(node: Node, minimum: number): string {
  const text = printExpression(node)
  return bindingOf(node) >= minimum ? text : `(${text})`
}

function bindingOf(node: Node): number {
  if (node.kind === 'unary') return unaryBindings[node.operator]
  return node.kind === 'binary' ? bindings[node.operator] : tightest
}

function printValue(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value)
  assert(typeof value !== 'number' || (Number.isFinite(value) && value >= 0), `printExpression: a literal is finite and ≥ 0, got ${value}`)
  return String(value)
}
