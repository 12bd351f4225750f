import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'
import type { Io } from './io.ts'
import { keysAdd, keysInit, keysList, keysNew, keysRevoke } from './keys.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-keys-cli-'))
const home = process.cwd()
beforeEach(() => process.chdir(root))
afterEach(() => process.chdir(home))
afterAll(() => rm(root, { recursive: true }))

/** Carries a command out: its document and its text, or what a person is told where it fails. */
async function ran(
  command: (io: Io) => Promise<void>,
): Promise<{ document: unknown; text: string; notes: string[] }> {
  const said = { document: null as unknown, text: '', notes: [] as string[] }
  try {
    await command({
      json: false,
      interactive: false,
      signal: new AbortController().signal,
      note: (line) => void said.notes.push(line),
      result(document, text) {
        said.document = document
        said.text = text()
      },
    })
  } catch (error) {
    const failure = failureOf(error, '')
    said.text = `${failure?.exitCode}: ${failure?.text}`
  }
  return said
}

describe('fedrl keys', () => {
  it('lets agents in by keys that were made here or there, and shuts them out', async () => {
    expect((await ran((io) => keysInit('keys', {}, io))).text).toBe(
      'keys/agents.keys: nobody is let in yet; next: fedrl keys add keys NAME',
    )
    expect((await ran((io) => keysAdd('keys', 'ward-3', {}, io))).text).toBe(
      'ward-3 is let in; take keys/ward-3.key to the agent, and nowhere else: fedrl join URL --agent ward-3 --key ward-3.key',
    )
    const made = await ran((io) => keysNew('ward-4', {}, io))
    expect(made.text).toMatch(/^ward-4 ed25519 [A-Za-z0-9+/]{43}=$/)
    expect((await stat('ward-4.key')).mode & 0o777).toBe(0o600)
    const added = await ran((io) => keysAdd('keys', 'ward-4', { public: made.text }, io))
    expect([added.text, added.document]).toEqual([
      'ward-4 is let in',
      { folder: 'keys', name: 'ward-4', file: null, replaced: false },
    ])
    const before = await readFile('keys/ward-3.key', 'utf8')
    expect((await ran((io) => keysAdd('keys', 'ward-3', {}, io))).text).toContain(
      'ward-3 is let in by a new key, and no longer by the one before',
    )
    expect(await readFile('keys/ward-3.key', 'utf8')).not.toBe(before)
    expect((await ran((io) => keysRevoke('keys', 'ward-4', {}, io))).text).toBe(
      'ward-4 is shut out; a server that runs with keys cuts its session',
    )
    expect((await ran((io) => keysRevoke('keys', 'ward-4', {}, io))).document).toMatchObject({
      changed: false,
    })
    expect((await ran((io) => keysList('keys', {}, io))).document).toMatchObject({
      agents: [
        { name: 'ward-3', status: 'allowed' },
        { name: 'ward-4', status: 'revoked', key: made.text.split(' ')[2] },
      ],
    })
  })

  it('says in one line what is wrong', async () => {
    const told = async (command: (io: Io) => Promise<void>) => (await ran(command)).text
    expect(await told((io) => keysInit('keys', {}, io))).toBe(
      '2: keys: expected a folder without keys, got one with agents.keys',
    )
    expect(await told((io) => keysNew('ward-4', {}, io))).toBe(
      '2: ward-4.key: expected no such file, for a key that is overwritten is lost, got one',
    )
    expect(await told((io) => keysNew('ward 4', {}, io))).toContain('2: NAME: expected names of 1 to 64')
    expect(await told((io) => keysAdd('keys', 'a,b', {}, io))).toBe('2: NAME: expected one name, got a,b')
    expect(await told((io) => keysAdd('keys', 'a', { public: 'a ed25519 x' }, io))).toBe(
      '2: --public: expected NAME ed25519 KEY, or the same and revoked, KEY being 32 bytes in base64, got "x"',
    )
    expect(await told((io) => keysRevoke('keys', 'c', {}, io))).toBe(
      '2: keys/agents.keys: expected a key of c, got none',
    )
    expect(await told((io) => keysList('none', {}, io))).toBe(
      '2: none: expected a folder with the list agents.keys, got none; fedrl keys init makes one',
    )
  })
})
