/**
 * The folder of an operator's keys: `agents.keys`, the list of the agents that are let in, and beside it the private keys that were made
 * here, one file an agent, until they are taken to their agents. Every change is whole or not there.
 */
import type { KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { makeKey, privateKeyOf } from '../../federation/keys/ed25519.ts'
import { parseKeyLine, parseKeyList, withKey, type ListedKey } from '../../federation/keys/key-list.ts'
import { blaming, makeFolder, writeAtomically } from '../disk.ts'
import { InputError } from '../errors.ts'
import { lock } from '../lock.ts'
import { readIfThere } from '../run-folder.ts'

/** Name of the list in its folder. */
export const KEY_LIST = 'agents.keys'

/** Who may read a private key: its owner alone. */
const SECRET = 0o600

const HEADER = `# The agents that are let in: NAME ed25519 KEY, one a line; the word revoked after it shuts an agent out.
# A server that runs reads this file again whenever it changes.
`

const HINT = 'fedrl keys init makes one'

/** The file of the private key of an agent. */
export const keyFile = (folder: string, name: string): string => join(folder, `${name}.key`)

const bytes = (text: string): [Uint8Array] => [new TextEncoder().encode(text)]

/** Makes a folder with an empty list. @throws InputError where there is one already */
export async function initKeys(folder: string): Promise<void> {
  const path = join(folder, KEY_LIST)
  await blaming(folder, folder, 'a folder that can be written', async () => {
    await makeFolder(folder)
    if ((await readIfThere(path)) !== null)
      throw new InputError(folder, `expected a folder without keys, got one with ${KEY_LIST}`)
    await writeAtomically(path, bytes(HEADER))
  })
}

/** The text of the list. @throws InputError where there is none */
export async function readKeyText(folder: string): Promise<string> {
  const path = join(folder, KEY_LIST)
  const text = await blaming(path, path, 'a list of keys', () => readIfThere(path))
  if (text !== null) return text
  throw new InputError(folder, `expected a folder with the list ${KEY_LIST}, got none; ${HINT}`)
}

/** The keys of a list. @param path of the list, for messages @throws InputError naming the lines that are none */
export function keysIn(text: string, path: string): readonly ListedKey[] {
  const list = parseKeyList(text)
  if (list.ok) return list.value
  throw new InputError(path, list.issues)
}

/** The list of a folder. @throws InputError where there is none, or lines of it are none */
export const readKeys = async (folder: string): Promise<readonly ListedKey[]> =>
  keysIn(await readKeyText(folder), join(folder, KEY_LIST))

/**
 * Lets an agent in by this public key, in place of the one that it had.
 * @returns whether it had one
 * @throws InputError where another agent has the same key, or the list cannot be read or written
 */
export const allowKey = (folder: string, name: string, key: Uint8Array): Promise<boolean> =>
  changeKeys(folder, (keys) => {
    const other = keys.find((one) => one.name !== name && one.key.join() === key.join())
    if (other !== undefined)
      throw new InputError('--public', `expected a key of its own for ${name}, got that of ${other.name}`)
    return { name, key, revoked: false }
  })

/** Makes a key for an agent, writes the private half into the folder, and lets the agent in by the public one; else as {@link allowKey}. */
export async function addKey(folder: string, name: string): Promise<boolean> {
  const { pem, key } = makeKey()
  await readKeys(folder)
  await writeKey(keyFile(folder, name), pem)
  return allowKey(folder, name, key)
}

/** Shuts an agent out. @returns whether it was let in before @throws InputError where the list has no such agent, or cannot be read or written */
export async function revokeKey(folder: string, name: string): Promise<boolean> {
  let wasRevoked = false
  await changeKeys(folder, (keys) => {
    const known = keys.find((one) => one.name === name)
    if (known === undefined)
      throw new InputError(join(folder, KEY_LIST), `expected a key of ${name}, got none`)
    wasRevoked = known.revoked
    return { ...known, revoked: true }
  })
  return !wasRevoked
}

/** Puts a key into the list. @returns whether its name was there */
async function changeKeys(
  folder: string,
  keyAmong: (keys: readonly ListedKey[]) => ListedKey,
): Promise<boolean> {
  // before the lock: where there is no such folder, that is what is to be told
  await readKeys(folder)
  const release = await blaming(folder, folder, 'a folder that can be written', () =>
    lock(folder, undefined, 'is changing this list of keys; wait for it'),
  )
  try {
    const text = await readKeyText(folder)
    const path = join(folder, KEY_LIST)
    const keys = keysIn(text, path)
    const key = keyAmong(keys)
    const changed = withKey(text, key)
    await blaming(path, path, 'a file that can be written', () => writeAtomically(path, bytes(changed)))
    return keys.some(({ name }) => name === key.name)
  } finally {
    await release()
  }
}

/** Writes a private key. */
export const writeKey = (path: string, pem: string): Promise<void> =>
  blaming(path, path, 'a file that can be written', () => writeAtomically(path, bytes(pem), SECRET))

/** The public key in a line, or in the file of that name. @throws InputError where it is none, or of another name */
export async function publicKeyIn(flag: string, text: string, name: string): Promise<Uint8Array> {
  const isLine = text.trim().includes(' ')
  const line = isLine ? text : await blaming(flag, text, 'a line NAME ed25519 KEY or a file with it', () => readFile(text, 'utf8')) // prettier-ignore
  const parsed = parseKeyLine(line)
  if (!parsed.ok) throw new InputError(flag, parsed.issues)
  if (parsed.value.name === name) return parsed.value.key
  throw new InputError(flag, `expected the key of ${name}, got that of ${parsed.value.name}`)
}

/** A private key that was read from a file. */
export interface PrivateKey {
  readonly key: KeyObject
  /** what a person should be told of the file; null where it is as it should be */
  readonly warning: string | null
}

/** Reads the private key in a file. @throws InputError where it holds none */
export async function readPrivateKey(flag: string, path: string): Promise<PrivateKey> {
  const pem = await blaming(flag, path, 'the private key of an agent', () => readFile(path, 'utf8'))
  const key = privateKeyOf(pem)
  if (key === null)
    throw new InputError(flag, `expected a private Ed25519 key (PKCS#8, PEM) in ${path}, got something else`)
  const { mode } = await stat(path)
  const isOpen = process.platform !== 'win32' && (mode & 0o077) !== 0
  return { key, warning: isOpen ? `${path} can be read by others: chmod 600 ${path}` : null }
}
