/** The private keys of the agents of a process, as the flags name them. */
import { InputError } from '../experiment/errors.ts'
import { keyFile, readPrivateKey } from '../experiment/federated/key-folder.ts'
import type { Signer } from '../federation/agent.ts'
import { signerOf } from '../federation/keys/ed25519.ts'

/** Where the keys are, as typed. */
export interface SignerFlags {
  /** the private key of the one agent, PEM */
  readonly key?: string
  /** folder with NAME.key for each agent */
  readonly keys?: string
}

/**
 * The keys of these agents by name; none where no flag names any.
 * @param onNote told of files that others can read
 * @throws InputError where one cannot be read
 */
export async function signersOf(
  names: readonly string[],
  { key, keys }: SignerFlags,
  onNote: (line: string) => void,
): Promise<ReadonlyMap<string, Signer>> {
  if (key !== undefined && keys !== undefined)
    throw new InputError('--keys', 'does not belong beside --key: it is for several agents')
  if (key !== undefined && names.length > 1)
    throw new InputError('--key', `expected one agent, whose key this is, got ${names.length}; --keys DIR is for several`) // prettier-ignore
  const signers = new Map<string, Signer>()
  for (const name of names) {
    const path = keys === undefined ? key : keyFile(keys, name)
    if (path === undefined) break
    const read = await readPrivateKey(keys === undefined ? '--key' : '--keys', path)
    if (read.warning !== null) onNote(read.warning)
    signers.set(name, signerOf(read.key))
  }
  return signers
}
