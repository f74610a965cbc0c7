/**
 * Arithmetic as people type it into a field: `24 * 16G`, `(1 TiB - 64 GiB) / 2`, `16G * 110%`. A value is a plain
 * number or an amount, so that 12 + 4G, which has no meaning, is refused. A parser by recursive descent:
 *
 *     sum     = product { (+ | -) product }
 *     product = value { (* | × | /) value }
 *     value   = ( sum ) | number [unit | %]
 */
export interface Value {
  readonly value: number
  /** 0: a plain number; 1: an amount in the base unit. */
  readonly kind: 0 | 1
  /** A percentage was in it: a plain result is a share of a base. */
  readonly share: boolean
}

export type Leaf = (number: string, unit: string) => Value

/** What was wrong with an expression; caught where parsing began, never seen outside. */
export class Mistake extends Error {}

/** Nesting beyond this is a mistake or an attack. */
const DEEPEST = 50

interface Scanner {
  readonly text: string
  at: number
  depth: number
  readonly leaf: Leaf
}

/** The value of an expression. Throws a {@link Mistake} whose message says what was found. */
export function evaluate(text: string, leaf: Leaf): Value {
  const scanner: Scanner = { text, at: 0, depth: 0, leaf }
  const value = sum(scanner)
  skipBlanks(scanner)
  if (scanner.at < text.length) throw new Mistake(`unexpected ${quote(text.slice(scanner.at))}`)
  return value
}

function sum(scanner: Scanner): Value {
  let left = product(scanner)
  for (let sign = next(scanner, /[+−-]/y); sign !== ''; sign = next(scanner, /[+−-]/y)) {
    const right = product(scanner)
    if (left.kind !== right.kind || left.share !== right.share)
      throw new Mistake('only amounts can be added to amounts: each side of + or - needs a unit')
    left = { ...left, value: sign === '+' ? left.value + right.value : left.value - right.value }
  }
  return left
}

function product(scanner: Scanner): Value {
  let left = value(scanner)
  for (let sign = next(scanner, /[*×/]/y); sign !== ''; sign = next(scanner, /[*×/]/y)) {
    const right = value(scanner)
    left = sign === '/' ? divided(left, right) : multiplied(left, right)
  }
  return left
}

function multiplied(left: Value, right: Value): Value {
  if (left.kind === 1 && right.kind === 1) throw new Mistake('an amount times an amount is not an amount')
  const kind = left.kind === 1 || right.kind === 1 ? 1 : 0
  return { value: left.value * right.value, kind, share: kind === 0 && (left.share || right.share) }
}

function divided(left: Value, right: Value): Value {
  if (right.value === 0) throw new Mistake('division by zero')
  if (left.kind === 0 && right.kind === 1) throw new Mistake('a number divided by an amount is not an amount')
  const kind = left.kind === 1 && right.kind === 0 ? 1 : 0
  return { value: left.value / right.value, kind, share: left.kind === 0 && left.share }
}

function value(scanner: Scanner): Value {
  if (next(scanner, /\(/y) !== '') {
    if (++scanner.depth > DEEPEST) throw new Mistake('too many brackets')
    const inner = sum(scanner)
    if (next(scanner, /\)/y) === '') throw new Mistake('a bracket is not closed')
    scanner.depth--
    return inner
  }
  const number = next(scanner, /(?:\d+\.?\d*|\.\d+)/y)
  if (number === '') throw new Mistake(`expected a number, found ${found(scanner)}`)
  return scanner.leaf(number, next(scanner, /(?:%|[a-zA-Zµμ]+)/y))
}

function next(scanner: Scanner, pattern: RegExp): string {
  skipBlanks(scanner)
  pattern.lastIndex = scanner.at
  const [token = ''] = pattern.exec(scanner.text) ?? []
  scanner.at += token.length
  return token
}

function skipBlanks(scanner: Scanner): void {
  while (/\s/.test(scanner.text.charAt(scanner.at))) scanner.at++
}

const found = (scanner: Scanner): string =>
  scanner.at < scanner.text.length ? quote(scanner.text.slice(scanner.at)) : 'the end'

/** What was typed, short enough for a message. */
export function quote(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`
}
