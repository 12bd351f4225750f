/**
 * The list of the agents' public keys, a text: one line an agent, `NAME ed25519 BASE64`, where the 32 bytes of the key are in base64 and
 * the word `revoked` may follow; empty lines and lines that begin with # are left alone. Changes keep every other line as it is.
 */
import type { Issue, Result } from '../../numeric/result.ts'

/** The public key of an agent, and whether it is still let in. */
export interface ListedKey {
  readonly name: string
  /** [32] Ed25519 */
  readonly key: Uint8Array
  readonly revoked: boolean
}

const KIND = 'ed25519'
const REVOKED = 'revoked'
const EXPECTED = `expected NAME ${KIND} KEY, or the same and ${REVOKED}`

/** A line of the list. */
export function keyLine({ name, key, revoked }: ListedKey): string {
  const line = `${name} ${KIND} ${btoa(String.fromCharCode(...key))}`
  return revoked ? `${line} ${REVOKED}` : line
}

/** The key in a line. */
export function parseKeyLine(line: string): Result<ListedKey> {
  const [name = '', kind = '', text = '', mark, ...more] = line.trim().split(/\s+/)
  const wrong = (message: string): Result<ListedKey> => ({ ok: false, issues: [{ path: [], message }] })
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    return wrong(`${EXPECTED}, NAME being 1 to 64 letters, digits, - and _, got "${name}"`)
  if (kind !== KIND) return wrong(`${EXPECTED}, got "${kind}" in place of ${KIND}`)
  const key = bytesOf(text)
  if (key?.length !== 32) return wrong(`${EXPECTED}, KEY being 32 bytes in base64, got "${text}"`)
  if (mark !== undefined && mark !== REVOKED) return wrong(`${EXPECTED}, got "${mark}"`)
  if (more.length > 0) return wrong(`${EXPECTED}, got more: "${more.join(' ')}"`)
  return { ok: true, value: { name, key, revoked: mark === REVOKED } }
}

/** The bytes of standard base64 in its one form, null where it is none. */
function bytesOf(text: string): Uint8Array | null {
  try {
    const binary = atob(text)
    return btoa(binary) === text ? Uint8Array.from(binary, (letter) => letter.charCodeAt(0)) : null
  } catch {
    return null
  }
}

const isKeyLine = (line: string): boolean => line.trim() !== '' && !line.trimStart().startsWith('#')

/** The keys in a list, in its order; issues name the line. Every name, and every key, is there once. */
export function parseKeyList(text: string): Result<readonly ListedKey[]> {
  const keys: ListedKey[] = []
  const issues: Issue[] = []
  const lineOf = new Map<string, number>()
  for (const [i, line] of text.split('\n').entries()) {
    if (!isKeyLine(line)) continue
    const parsed = parseKeyLine(line)
    if (parsed.ok) {
      keys.push(parsed.value)
      issues.push(...repeated(parsed.value, i + 1, lineOf))
    } else issues.push(...parsed.issues.map((issue) => ({ ...issue, line: i + 1 })))
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: keys }
}

/** What stands in the list before; remembers that it stands in this line now. */
function repeated({ name, key }: ListedKey, line: number, lineOf: Map<string, number>): Issue[] {
  const things = [
    [`name ${name}`, `expected each name once, got ${name}`],
    [`key ${key.join()}`, `expected a key of its own for ${name}, got one that is there`],
  ] as const
  return things.flatMap(([thing, expected]): Issue[] => {
    const before = lineOf.get(thing)
    lineOf.set(thing, before ?? line)
    return before === undefined ? [] : [{ path: [], message: `${expected} in line ${before} too`, line }]
  })
}

/** The list with this key in place of the one that its name had, or at the end. @param text a list that can be read */
export function withKey(text: string, key: ListedKey): string {
  let isThere = false
  const lines = text.split('\n').map((line) => {
    if (!isOf(line, key.name)) return line
    isThere = true
    return keyLine(key)
  })
  if (isThere) return lines.join('\n')
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${keyLine(key)}\n`
}

const isOf = (line: string, name: string): boolean => {
  const parsed = isKeyLine(line) ? parseKeyLine(line) : null
  return parsed?.ok === true && parsed.value.name === name
}
