/**
 * Where things stand in JSON text. `JSON.parse` is fast and says in no fixed way where a text goes wrong, and nothing at all about the
 * places of values, so this slower reader goes over a text that has been found faulty.
 */

/** A place in a text, 1-based; columns count UTF-16 units. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** Where the syntax goes wrong, and how. */
export interface SyntaxFault extends Place {
  readonly message: string
}

/** Deeper nesting is not followed. */
const DEEPEST = 500

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)/y

/** Thrown by the reader and caught in this file. */
class Fault {
  readonly offset: number
  readonly message: string
  constructor(offset: number, message: string) {
    this.offset = offset
    this.message = message
  }
}

interface Reader {
  readonly text: string
  at: number
  /** called with every value: the keys and indices down to it, and its offset */
  readonly visit: (path: readonly (string | number)[], offset: number) => void
  readonly path: (string | number)[]
}

/** Matches at the reader's place and moves past it; null where there is no match. */
function take(reader: Reader, pattern: RegExp): string | null {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.text)
  if (match === null) return null
  reader.at = pattern.lastIndex
  return match[0]
}

/** The first character after spaces; '' at the end. */
function peek(reader: Reader): string {
  take(reader, SPACE)
  return reader.text.charAt(reader.at)
}

function fail(reader: Reader, expected: string): never {
  const got = reader.at < reader.text.length ? JSON.stringify(reader.text.charAt(reader.at)) : 'the end'
  throw new Fault(reader.at, `expected ${expected}, got ${got}`)
}

function readValue(reader: Reader): void {
  const first = peek(reader)
  reader.visit(reader.path, reader.at)
  if (reader.path.length > DEEPEST) fail(reader, `at most ${DEEPEST} levels`)
  if (first === '[') readItems(reader, ']', readItem)
  else if (first === '{') readItems(reader, '}', readMember)
  else if (take(reader, first === '"' ? STRING : SCALAR) === null)
    fail(reader, first === '"' ? 'a string that ends on its line, with valid escapes' : 'a value')
}

function readItems(reader: Reader, end: string, readOne: (reader: Reader, index: number) => void): void {
  reader.at++
  if (peek(reader) === end) reader.at++
  else
    for (let index = 0; ; index++) {
      readOne(reader, index)
      const after = peek(reader)
      if (after !== ',' && after !== end) fail(reader, `"," or "${end}"`)
      reader.at++
      if (after === end) return
    }
}

function readItem(reader: Reader, index: number): void {
  reader.path.push(index)
  readValue(reader)
  reader.path.pop()
}

function readMember(reader: Reader): void {
  peek(reader)
  const key = take(reader, STRING)
  if (key === null) fail(reader, 'a key in double quotes')
  if (peek(reader) !== ':') fail(reader, '":"')
  reader.at++
  reader.path.push(String(JSON.parse(key)))
  readValue(reader)
  reader.path.pop()
}

/** Reads the whole text. */
function readAll(text: string, visit: Reader['visit']): Fault | null {
  const reader: Reader = { text, at: 0, visit, path: [] }
  try {
    readValue(reader)
    if (peek(reader) !== '') fail(reader, 'nothing after the value')
    return null
  } catch (fault) {
    if (fault instanceof Fault) return fault
    throw fault
  }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}

/** What is wrong with the syntax of a JSON text and where; null where nothing is, or only that it is nested very deeply. */
export function syntaxFault(text: string): SyntaxFault | null {
  const fault = readAll(text, () => undefined)
  return fault === null ? null : { message: fault.message, ...placeAt(text, fault.offset) }
}

/** The first key that stands twice in the object of a valid JSON text, with the place of its second value; null where none does. */
export function repeatedKey(text: string): (Place & { readonly key: string }) | null {
  const seen = new Set<string | number>()
  let found: { key: string; offset: number } | null = null as { key: string; offset: number } | null
  readAll(text, ([key, ...rest], offset) => {
    if (key === undefined || rest.length > 0) return
    if (seen.has(key)) found ??= { key: String(key), offset }
    seen.add(key)
  })
  return found === null ? null : { key: found.key, ...placeAt(text, found.offset) }
}

/** The places of the values at some paths of valid JSON; of a path that leads nowhere, the innermost value on the way. */
export function placesOf(text: string, paths: readonly (readonly (string | number)[])[]): Place[] {
  const offsets = paths.map(() => ({ depth: -1, offset: 0 }))
  readAll(text, (path, offset) => {
    for (const [i, wanted] of paths.entries()) {
      const best = offsets[i] as { depth: number; offset: number }
      const onTheWay = path.length <= wanted.length && path.every((part, depth) => part === wanted[depth])
      if (onTheWay && path.length > best.depth) Object.assign(best, { depth: path.length, offset })
    }
  })
  return offsets.map(({ offset }) => placeAt(text, offset))
}
