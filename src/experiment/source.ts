/** YAML text as plain data whose places are known. */
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml'
import type { Issue, Result } from '../numeric/result.ts'
import type { Path } from './data.ts'

/** More aliases than this are refused: they multiply, so a short text can stand for gigabytes. */
const MOST_ALIASES = 100

/** A place in a text, 1-based. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Parsed YAML. */
export interface Source {
  readonly data: unknown
  /** where the key or the list item at a path stands; of a path that leads nowhere, the innermost one on the way */
  readonly placeOf: (path: Path) => Place
}

/** What YAML 1.2 text holds, or the first fault of its syntax; duplicate keys, unknown tags and too many aliases are faults too. */
export function parseYaml(text: string): Result<Source> {
  const counter = new LineCounter()
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset)
    return { line, column: col }
  }
  const issue = (message: string, offset: number): Issue => ({ path: [], message, ...place(offset) })
  const zero = text.indexOf('\0')
  if (zero >= 0) return { ok: false, issues: [{ path: [], message: 'expected YAML text, got binary data' }] }
  try {
    const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, stringKeys: true })
    // Later faults mostly follow from the first.
    const fault = [...document.errors, ...document.warnings][0]
    if (fault !== undefined) return { ok: false, issues: [issue(explain(fault.message), fault.pos[0])] }
    const glued = gluedKey(document)
    if (glued !== null)
      return {
        ok: false,
        issues: [issue(`expected a space after the colon, got "${glued.text}"`, glued.offset)],
      }
    const data: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
    const root = document.contents
    return { ok: true, value: { data, placeOf: (path) => place(root === null ? 0 : offsetOf(root, path)) } }
  } catch (error) {
    if (error instanceof ReferenceError)
      return { ok: false, issues: [issue(`expected at most ${MOST_ALIASES} YAML aliases, got more`, 0)] }
    if (error instanceof RangeError) return { ok: false, issues: [issue(explain(error.message), 0)] }
    throw error
  }
}

/** A key of a mapping in braces, such as `rollouts:8`, which YAML takes for one word with no value. */
function gluedKey(document: Document): { readonly text: string; readonly offset: number } | null {
  let found: ReturnType<typeof gluedKey> = null
  visit(document, {
    Pair(_, { key, value }, ancestors) {
      const map = ancestors.at(-1)
      const isEmpty = value === null || (isScalar(value) && value.source === '')
      if (!isMap(map) || map.flow !== true || !isEmpty) return undefined
      if (!isScalar(key) || key.type !== 'PLAIN' || !/^\w+:./.test(String(key.value))) return undefined
      found = { text: String(key.value), offset: startOf(key) }
      return visit.BREAK
    },
  })
  return found
}

/** Faults whose text is for programmers, by how it begins. */
const PLAIN: Readonly<Record<string, string>> = {
  'Maximum call stack': 'nested too deeply',
  'Source contains multiple documents': 'expected one document, got several',
}

function explain(fault: string): string {
  const known = Object.keys(PLAIN).find((start) => fault.startsWith(start))
  return `not valid YAML: ${known === undefined ? (fault.split('\n', 1)[0] ?? fault) : PLAIN[known]}`
}

function offsetOf(root: Node, path: Path): number {
  let node = root
  let offset = startOf(root)
  for (const part of path) {
    const { key, value } = child(node, part)
    const place = key ?? value
    if (place !== undefined) offset = startOf(place)
    if (value === undefined) break
    node = value
  }
  return offset
}

/** The nodes of a key, or of an item, and of its value. What stands behind an alias has its place where the alias is used. */
function child(node: Node, part: string | number): { key?: Node; value?: Node } {
  if (isSeq(node)) {
    const item = node.items[Number(part)]
    return isNode(item) ? { value: item } : {}
  }
  if (!isMap(node)) return {}
  const found = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part))
  if (found === undefined || !isNode(found.key)) return {}
  return isNode(found.value) ? { key: found.key, value: found.value } : { key: found.key }
}

const startOf = (node: Node): number => node.range?.[0] ?? 0
