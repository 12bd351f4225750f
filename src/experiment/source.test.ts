import { describe, expect, it } from 'vitest'
import { parseYaml } from './source.ts'

const text = ['a:', '  b: [1, {c: 2}]', '  d: &x', '    e: 3', 'f: *x'].join('\n')

describe('parseYaml', () => {
  it('gives plain data', () => {
    const source = parseYaml(text)
    expect(source.ok && source.value.data).toEqual({ a: { b: [1, { c: 2 }], d: { e: 3 } }, f: { e: 3 } })
  })

  it.each([
    [[], 1, 1],
    [['a'], 1, 1],
    [['a', 'b'], 2, 3],
    [['a', 'b', 0], 2, 7],
    [['a', 'b', 1, 'c'], 2, 11],
    [['a', 'd', 'e'], 4, 5],
    [['a', 'missing'], 1, 1],
    [['a', 'd', 'missing', 'deeper'], 3, 3],
    [['f', 'e'], 5, 1],
  ])('knows where %j stands', (path, line, column) => {
    const source = parseYaml(text)
    expect(source.ok && source.value.placeOf(path)).toEqual({ line, column })
  })

  it.each([
    ['a: [1', /^not valid YAML: .*\]$/, 1],
    ['a: 1\nb: 2\na: 3', /unique/, 3],
    ['a: !!unknown 1', /Unresolved tag/, 1],
    ['a: 1\n---\nb: 2', /expected one document, got several/, 2],
    ['a:\n  b: {c: 1, d:8, e:9}', /^expected a space after the colon, got "d:8"$/, 2],
    ['a\0b', /binary/, undefined],
    ['['.repeat(100_000), /nested too deeply/, 1],
    [bomb(), /at most 100 YAML aliases/, 1],
  ])('refuses %.12j', (bad, message, line) => {
    const source = parseYaml(bad)
    if (source.ok) throw new Error('parsed')
    expect(source.issues).toHaveLength(1)
    expect(source.issues[0]?.message).toMatch(message)
    expect(source.issues[0]?.line).toBe(line)
  })
})

/** Nine levels of nine aliases each: 9^9 strings when written out. */
function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
  )
  return ['l0: &l0 [x]', ...levels].join('\n')
}
