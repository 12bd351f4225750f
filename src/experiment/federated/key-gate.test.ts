/** The list of keys is read again while a server runs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { privateKeyOf, signerOf } from '../../federation/keys/ed25519.ts'
import { KEY_LIST, addKey, initKeys, readPrivateKey, revokeKey } from './key-folder.ts'
import { openKeyGate } from './key-gate.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-gate-'))
afterAll(() => rm(root, { recursive: true }))

let folders = 0
async function world() {
  const folder = join(root, String(++folders))
  await initKeys(folder)
  await addKey(folder, 'a')
  await addKey(folder, 'b')
  const notes: string[] = []
  const lost: string[] = []
  const gate = await openKeyGate(folder, { servers: ['wss://s:1'], onNote: (line) => void notes.push(line) })
  gate.onRevoked((name) => void lost.push(name))
  /** resolves when so many notes have come */
  const noted = async (count: number): Promise<void> => {
    while (notes.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { folder, path: join(folder, KEY_LIST), gate, notes, lost, noted }
}

describe('the gate of a folder', () => {
  it('knows by its key who signed', async () => {
    const { folder, gate } = await world()
    const bytes = Uint8Array.of(1, 2, 3)
    const { key } = await readPrivateKey('--key', join(folder, 'a.key'))
    const signature = await signerOf(key).sign(bytes)
    expect(signature).toHaveLength(64)
    expect(await gate.keyOf('a')?.verify(bytes, signature)).toBe(true)
    expect(await gate.keyOf('b')?.verify(bytes, signature)).toBe(false)
    expect(await gate.keyOf('a')?.verify(Uint8Array.of(1, 2, 4), signature)).toBe(false)
    expect(gate.keyOf('c')).toBeNull()
    expect([...gate.newNonce()]).not.toEqual([...gate.newNonce()])
    expect(gate.newNonce()).toHaveLength(32)
    expect(privateKeyOf('no key')).toBeNull()
    gate.close()
  })

  it('tells of keys that are revoked, replaced or removed, and leaves the others as they are', async () => {
    const { folder, path, gate, notes, lost, noted } = await world()
    const [a, b] = [gate.keyOf('a'), gate.keyOf('b')]
    await revokeKey(folder, 'a')
    await noted(1)
    expect(notes).toEqual([`${path} was read again: 1 let in, 1 revoked`])
    expect(gate.keyOf('a')?.status).toBe('revoked')
    expect(gate.allowed).toBe(1)
    expect(gate.keyOf('b')).toBe(b)
    expect(lost).toEqual(['a'])
    await addKey(folder, 'a')
    await noted(2)
    expect(gate.keyOf('a')?.status).toBe('allowed')
    expect(gate.keyOf('a')).not.toBe(a)
    await writeFile(path, '# all are gone\n')
    await noted(3)
    expect(gate.keyOf('b')).toBeNull()
    expect(lost).toEqual(['a', 'a', 'a', 'b'])
    gate.close()
  })

  it('keeps the last good list where the new one cannot be read, and says why', async () => {
    const { path, gate, notes, lost, noted } = await world()
    const a = gate.keyOf('a')
    await writeFile(path, '#\nward three\n')
    await noted(1)
    await writeFile(path, '')
    await noted(2)
    await rm(path)
    await noted(3)
    expect(notes).toEqual([
      `the keys stay as they were: ${path}:2: expected NAME ed25519 KEY, or the same and revoked, got "three" in place of ed25519`,
      `the keys stay as they were: ${path}: expected keys, or at least a comment, got an empty file`,
      expect.stringContaining('the keys stay as they were: '),
    ])
    expect(gate.keyOf('a')).toBe(a)
    expect(lost).toEqual([])
    gate.close()
  })

  it('does not open on a list that cannot be read', async () => {
    const { folder, path, gate } = await world()
    gate.close()
    await writeFile(path, 'ward three\n')
    const options = { servers: ['wss://s:1'], onNote: () => undefined }
    await expect(openKeyGate(folder, options)).rejects.toThrow(`${path}:1: expected NAME ed25519 KEY`)
    await expect(openKeyGate(join(root, 'none'), options)).rejects.toThrow('fedrl keys init makes one')
  })
})
