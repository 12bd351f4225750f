/** The gate of a server whose keys lie in a folder: the list is read again whenever it changes, without a restart. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { verifierOf } from '../../federation/keys/ed25519.ts'
import type { ListedKey } from '../../federation/keys/key-list.ts'
import type { AgentKey, Gate } from '../../federation/server/gate.ts'
import { InputError } from '../errors.ts'
import { watchFiles } from '../watch-file.ts'
import { KEY_LIST, keysIn, readKeyText } from './key-folder.ts'

/** How the gate of a folder is opened. */
export interface KeyGateOptions {
  /** what the server is called, see {@link Gate.servers} */
  readonly servers: readonly string[]
  /** told one line whenever the list has been read again, or cannot be */
  readonly onNote: (line: string) => void
}

/** A gate that looks after its folder until it is closed. */
export interface KeyGate extends Gate {
  /** how many agents are let in */
  readonly allowed: number
  close(): void
}

/** A key of the list, kept as long as it stays the same. */
interface Entry {
  readonly listed: ListedKey
  readonly key: AgentKey
}

/** Bytes that nobody can guess. */
const newNonce = (): Uint8Array => new Uint8Array(randomBytes(32))

/** @throws InputError where the folder has no list, or one that cannot be read */
export async function openKeyGate(folder: string, { servers, onNote }: KeyGateOptions): Promise<KeyGate> {
  const path = join(folder, KEY_LIST)
  const listeners: ((name: string) => void)[] = []
  let entries: ReadonlyMap<string, Entry> = new Map()
  const read = async (): Promise<readonly string[]> => {
    const before = entries
    entries = entriesOf(keysIn(expectText(await readKeyText(folder), path), path), before)
    return [...before].filter(([name, { key }]) => entries.get(name)?.key !== key).map(([name]) => name)
  }
  const close = await watchFiles([path], async () => {
    try {
      const lost = await read()
      onNote(`${path} was read again: ${countsOf(entries)}`)
      for (const name of lost) for (const listener of listeners) listener(name)
    } catch (error) {
      onNote(`the keys stay as they were: ${error instanceof Error ? error.message : String(error)}`)
    }
  })
  try {
    await read()
  } catch (error) {
    close()
    throw error
  }
  return {
    servers,
    newNonce,
    get allowed() {
      return allowedIn(entries)
    },
    keyOf: (name) => entries.get(name)?.key ?? null,
    onRevoked: (listener) => void listeners.push(listener),
    close,
  }
}

/** An editor may empty a file before it writes it, and a list that was emptied would cut every session. */
function expectText(text: string, path: string): string {
  if (text.trim() !== '') return text
  throw new InputError(path, 'expected keys, or at least a comment, got an empty file')
}

/** The keys by name; one that has not changed stays the same object. */
function entriesOf(
  keys: readonly ListedKey[],
  before: ReadonlyMap<string, Entry>,
): ReadonlyMap<string, Entry> {
  return new Map(
    keys.map((listed) => {
      const known = before.get(listed.name)
      return [listed.name, known !== undefined && isSame(known.listed, listed) ? known : entryOf(listed)]
    }),
  )
}

const isSame = (one: ListedKey, other: ListedKey): boolean =>
  one.revoked === other.revoked && one.key.every((byte, i) => byte === other.key[i])

const entryOf = (listed: ListedKey): Entry => ({
  listed,
  key: { status: listed.revoked ? 'revoked' : 'allowed', verify: verifierOf(listed.key) },
})

const allowedIn = (entries: ReadonlyMap<string, Entry>): number =>
  [...entries.values()].filter(({ key }) => key.status === 'allowed').length

/** How many agents are let in, and how many shut out. */
function countsOf(entries: ReadonlyMap<string, Entry>): string {
  const allowed = allowedIn(entries)
  return `${allowed} let in, ${entries.size - allowed} revoked`
}
