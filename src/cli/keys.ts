/** `fedrl keys`: who may join a server, as a folder of keys. */
import { join } from 'node:path'
import { InputError } from '../experiment/errors.ts'
import {
  addKey,
  allowKey,
  initKeys,
  keyFile,
  KEY_LIST,
  publicKeyIn,
  readKeys,
  revokeKey,
  writeKey,
} from '../experiment/federated/key-folder.ts'
import { readIfThere } from '../experiment/run-folder.ts'
import { makeKey } from '../federation/keys/ed25519.ts'
import { keyLine } from '../federation/keys/key-list.ts'
import type { Io } from './io.ts'
import { parseNames } from './live.ts'

/** The one name in an argument. @throws InputError */
function nameIn(text: string): string {
  const [name = '', ...more] = parseNames('NAME', text)
  if (more.length === 0) return name
  throw new InputError('NAME', `expected one name, got ${text}`)
}

/** Carries `fedrl keys init` out. */
export async function keysInit(folder: string, _flags: object, io: Io): Promise<void> {
  await initKeys(folder)
  const list = join(folder, KEY_LIST)
  io.result({ folder, list }, () => `${list}: nobody is let in yet; next: fedrl keys add ${folder} NAME`)
}

/** The flags of `fedrl keys add`, as typed. */
export interface KeysAddFlags {
  readonly public?: string
}

/** Carries `fedrl keys add` out. */
export async function keysAdd(folder: string, text: string, flags: KeysAddFlags, io: Io): Promise<void> {
  const name = nameIn(text)
  const isMade = flags.public === undefined
  const replaced = isMade
    ? await addKey(folder, name)
    : await allowKey(folder, name, await publicKeyIn('--public', flags.public, name))
  const file = isMade ? keyFile(folder, name) : null
  const what = `${name} is let in${replaced ? ' by a new key, and no longer by the one before' : ''}`
  io.result({ folder, name, file, replaced }, () => (file === null ? what : `${what}; take ${file} to the agent, and nowhere else: fedrl join URL --agent ${name} --key ${name}.key`)) // prettier-ignore
}

/** Carries `fedrl keys new` out. */
export async function keysNew(text: string, _flags: object, io: Io): Promise<void> {
  const name = nameIn(text)
  const file = `${name}.key`
  if ((await readIfThere(file)) !== null)
    throw new InputError(file, 'expected no such file, for a key that is overwritten is lost, got one')
  const { pem, key } = makeKey()
  await writeKey(file, pem)
  const line = keyLine({ name, key, revoked: false })
  io.note(`${file} is the private key: it stays on this machine. The line below is for the operator of the server: fedrl keys add DIR ${name} --public "LINE"`) // prettier-ignore
  io.result({ name, file, public: line }, () => line)
}

/** Carries `fedrl keys revoke` out. */
export async function keysRevoke(folder: string, text: string, _flags: object, io: Io): Promise<void> {
  const name = nameIn(text)
  const changed = await revokeKey(folder, name)
  io.result({ folder, name, changed }, () =>
    changed
      ? `${name} is shut out; a server that runs with ${folder} cuts its session`
      : `${name} was shut out before`,
  )
}

/** Carries `fedrl keys list` out. */
export async function keysList(folder: string, _flags: object, io: Io): Promise<void> {
  const keys = await readKeys(folder)
  const agents = keys.map(({ name, revoked, key }) => ({
    name,
    status: revoked ? 'revoked' : 'allowed',
    key: Buffer.from(key).toString('base64'),
  }))
  const width = Math.max(0, ...agents.map(({ name }) => name.length))
  io.result({ folder, agents }, () =>
    agents.length === 0
      ? `${join(folder, KEY_LIST)}: nobody is let in yet`
      : agents.map(({ name, status, key }) => `${name.padEnd(width)}  ${status}  ${key}`).join('\n'),
  )
}
