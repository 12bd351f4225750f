import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyLine, parseKeyLine, parseKeyList, withKey, type ListedKey } from './key-list.ts'

const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
const listed: fc.Arbitrary<ListedKey> = fc.record({ name: names, key: keys, revoked: fc.boolean() })
const lists = fc.uniqueArray(listed, {
  maxLength: 12,
  comparator: (one, other) => one.name === other.name || one.key.join() === other.key.join(),
})
const others = fc.constantFrom('', '  ', '# a comment', '   # ward-3 ed25519 none')

/** The text of a list, with other lines between. */
const textOf = (list: readonly ListedKey[], between: readonly string[]): string =>
  list.map((key, i) => `${between[i % between.length] ?? ''}\n${keyLine(key)}\n`).join('')

const issuesIn = (text: string): string[] => {
  const parsed = parseKeyList(text)
  return parsed.ok ? [] : parsed.issues.map(({ line, message }) => `${line}: ${message}`)
}

const KEY = `${'A'.repeat(43)}=`
const OTHER = `${'B'.repeat(42)}A=`

describe('a list of keys', () => {
  it('reads what it writes, whatever stands between', () => {
    fc.assert(
      fc.property(lists, fc.array(others, { minLength: 1 }), (list, between) => {
        expect(parseKeyList(textOf(list, between))).toEqual({ ok: true, value: list })
        expect(parseKeyList(textOf(list, between).replaceAll('\n', '\r\n'))).toEqual({
          ok: true,
          value: list,
        })
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('changes one key, and no other line', () => {
    fc.assert(
      fc.property(lists, listed, fc.array(others, { minLength: 1 }), (list, key, between) => {
        const text = textOf(list, between)
        const rest = (of: string): string[] =>
          of.split('\n').filter((line) => line !== keyLine(key) && !line.startsWith(`${key.name} `))
        const changed = withKey(text, key)
        expect(changed.split('\n')).toContain(keyLine(key))
        expect(rest(changed)).toEqual(rest(text))
        expect(withKey(changed, key)).toBe(changed)
      }),
      { seed: 2, numRuns: 200 },
    )
  })

  it('never throws, and names the line of every fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const parsed = parseKeyList(text)
        const lines = text.split('\n').length
        if (parsed.ok) expect(parseKeyList(parsed.value.map(keyLine).join('\n'))).toEqual(parsed)
        else
          for (const { line } of parsed.issues)
            expect(line).toSatisfy((n: number | undefined) => n !== undefined && n >= 1 && n <= lines)
      }),
      { seed: 3, numRuns: 500 },
    )
  })

  it.each([
    ['ward 3 ed25519', '1: expected NAME ed25519 KEY, or the same and revoked, got "3" in place of ed25519'],
    [`\n#\nwärd ed25519 ${KEY}`, '3: expected NAME ed25519 KEY, or the same and revoked, NAME being 1 to 64 letters, digits, - and _, got "wärd"'], // prettier-ignore
    ['a rsa x', '1: expected NAME ed25519 KEY, or the same and revoked, got "rsa" in place of ed25519'],
    ['a ed25519 AAAA', '1: expected NAME ed25519 KEY, or the same and revoked, KEY being 32 bytes in base64, got "AAAA"'], // prettier-ignore
    // bits beyond the last byte are set: a second form of the same bytes
    [`a ed25519 ${'A'.repeat(42)}B=`, `1: expected NAME ed25519 KEY, or the same and revoked, KEY being 32 bytes in base64, got "${'A'.repeat(42)}B="`], // prettier-ignore
    [`a ed25519 ${KEY} gone`, '1: expected NAME ed25519 KEY, or the same and revoked, got "gone"'],
    [`a ed25519 ${KEY} revoked x`, '1: expected NAME ed25519 KEY, or the same and revoked, got more: "x"'],
    [`a ed25519 ${KEY}\na ed25519 ${OTHER}`, '2: expected each name once, got a in line 1 too'],
    [`a ed25519 ${KEY} revoked\nb ed25519 ${KEY}`, '2: expected a key of its own for b, got one that is there in line 1 too'], // prettier-ignore
  ])('refuses %j', (text, issue) => {
    expect(issuesIn(text)).toEqual([issue])
  })

  it('reads one line by itself', () => {
    expect(parseKeyLine(`  ward-3\ted25519 ${KEY}\r`)).toEqual({
      ok: true,
      value: { name: 'ward-3', key: new Uint8Array(32), revoked: false },
    })
  })
})
