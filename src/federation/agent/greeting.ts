/** The agent's half of getting in: what it says first, and how it answers the Challenge of the server. */
import type { Challenge, FailureCode, Hello, Proof } from '../../protocol/session-messages.ts'
import { PROTOCOL_VERSIONS, proofBytes } from '../../protocol/session-rules.ts'
import type { SessionOptions } from './options.ts'

/** Whether one connects again after a Failure with this code. */
export const COMES_BACK: Readonly<Record<FailureCode, boolean>> = {
  version: false,
  malformed: false,
  'too-large': false,
  unexpected: false,
  timeout: true,
  unauthorized: false,
  revoked: false,
  'name-taken': true,
  replaced: false,
  full: true,
  mismatch: false,
  rate: true,
  stopping: true,
  internal: true,
}

/** The first message of an agent. */
export const helloOf = (
  name: string,
  { client, wantsExperiment }: Pick<SessionOptions, 'client' | 'wantsExperiment'>,
): Hello => ({ kind: 'hello', ...PROTOCOL_VERSIONS, name, client, experiment: Number(wantsExperiment) })

/**
 * The Proof that a Challenge asks for.
 * @param server what the agent expects the server to be called
 * @returns null where the agent has no key
 */
export async function proofOf(
  { session, name, nonce }: Challenge,
  server: string,
  signerOf: SessionOptions['signerOf'],
): Promise<Proof | null> {
  const signer = signerOf?.(name) ?? null
  if (signer === null) return null
  const signature = await signer.sign(proofBytes({ session, name, server, nonce }))
  return { kind: 'proof', session, name, signature }
}

/** Ports that addresses of these schemes have where none is written. */
const USUAL_PORTS: Readonly<Record<string, string>> = { 'ws:': '80', 'wss:': '443' }

/** What a server is called that was dialled at `url`: scheme, host in lower case and port; anything that is no URL is a name itself. */
export function serverName(url: string): string {
  if (!URL.canParse(url)) return url
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${hostname.toLowerCase()}:${port || (USUAL_PORTS[protocol] ?? '')}`
}
