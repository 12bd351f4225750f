import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createPublicKey } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeKey } from '../../federation/keys/ed25519.ts'
import { keyLine } from '../../federation/keys/key-list.ts'
import { publicBytes } from '../../transport/nats-key.ts'
import {
  KEY_LIST,
  addKey,
  allowKey,
  initKeys,
  publicKeyIn,
  readKeys,
  readPrivateKey,
  revokeKey,
} from './key-folder.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-keys-'))
afterAll(() => rm(root, { recursive: true }))

let folders = 0
async function newFolder(): Promise<string> {
  const folder = join(root, String(++folders))
  await initKeys(folder)
  return folder
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

describe('a folder of keys', () => {
  it('holds a list that nothing overwrites, and private keys for their owner alone', async () => {
    const folder = await newFolder()
    await expect(initKeys(folder)).rejects.toThrow('expected a folder without keys')
    expect(await addKey(folder, 'ward-3')).toBe(false)
    const path = join(folder, 'ward-3.key')
    expect(await modeOf(path)).toBe(0o600)
    const { key, warning } = await readPrivateKey('--key', path)
    expect(warning).toBeNull()
    expect(await readKeys(folder)).toEqual([
      { name: 'ward-3', key: new Uint8Array(publicBytes(createPublicKey(key))), revoked: false },
    ])
    expect((await readdir(folder)).toSorted()).toEqual([KEY_LIST, 'ward-3.key'])
  })

  it('changes the key of an agent that is added again, and lets a revoked one in by it', async () => {
    const folder = await newFolder()
    await addKey(folder, 'a')
    const before = await readKeys(folder)
    expect(await revokeKey(folder, 'a')).toBe(true)
    expect(await revokeKey(folder, 'a')).toBe(false)
    expect((await readKeys(folder))[0]).toEqual({ ...before[0], revoked: true })
    // what was left there by somebody else is no way to read the key
    await writeFile(join(folder, 'a.key.tmp'), '', { mode: 0o666 })
    await chmod(join(folder, 'a.key.tmp'), 0o666)
    expect(await addKey(folder, 'a')).toBe(true)
    expect(await modeOf(join(folder, 'a.key'))).toBe(0o600)
    const [after] = await readKeys(folder)
    expect(after?.revoked).toBe(false)
    expect(after?.key).not.toEqual(before[0]?.key)
  })

  it('takes a public key that was made elsewhere, as a line or as a file, and no key twice', async () => {
    const folder = await newFolder()
    const { key } = makeKey()
    const line = keyLine({ name: 'a', key, revoked: false })
    const file = join(folder, 'a.pub')
    await writeFile(file, `${line}\n`)
    expect(await publicKeyIn('--public', line, 'a')).toEqual(key)
    expect(await publicKeyIn('--public', file, 'a')).toEqual(key)
    await expect(publicKeyIn('--public', line, 'b')).rejects.toThrow('expected the key of b, got that of a')
    await expect(publicKeyIn('--public', join(root, 'none'), 'a')).rejects.toThrow('no such file')
    await allowKey(folder, 'a', key)
    await expect(allowKey(folder, 'b', key)).rejects.toThrow('expected a key of its own for b, got that of a')
    expect((await readKeys(folder)).map(({ name }) => name)).toEqual(['a'])
  })

  it('says what is missing or wrong, and where', async () => {
    const folder = await newFolder()
    await expect(addKey(join(root, 'none'), 'a')).rejects.toThrow('fedrl keys init makes one')
    await expect(revokeKey(folder, 'a')).rejects.toThrow('expected a key of a, got none')
    await writeFile(join(folder, KEY_LIST), '# keys\na ed25519\n')
    await expect(addKey(folder, 'b')).rejects.toThrow(
      `${join(folder, KEY_LIST)}:2: expected NAME ed25519 KEY`,
    )
    await mkdir(join(root, 'x.key'))
    await expect(readPrivateKey('--key', join(root, 'x.key'))).rejects.toThrow('it is a folder')
    await expect(readPrivateKey('--key', join(folder, KEY_LIST))).rejects.toThrow(
      'expected a private Ed25519 key (PKCS#8, PEM)',
    )
    expect(await readdir(folder)).toEqual([KEY_LIST])
  })

  it('warns of a private key that others can read', async () => {
    const folder = await newFolder()
    await addKey(folder, 'a')
    const path = join(folder, 'a.key')
    for (const mode of [0o640, 0o604]) {
      await chmod(path, mode)
      const { warning } = await readPrivateKey('--key', path)
      expect(warning).toBe(`${path} can be read by others: chmod 600 ${path}`)
    }
    expect(await readFile(path, 'utf8')).toContain('BEGIN PRIVATE KEY')
  })
})
