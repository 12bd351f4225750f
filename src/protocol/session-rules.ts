/** What both sides of a session work out alike: the version they speak, what a Proof signs, whether an Update is the one that its envelope says. */
import type { Issue, Result } from '../numeric/result.ts'
import type { UpdateMessage } from './session-messages.ts'

/** Versions of the protocol, lowest and highest. */
export interface VersionRange {
  readonly lowest: number
  readonly highest: number
}

/** The versions that this program speaks. */
export const PROTOCOL_VERSIONS: VersionRange = { lowest: 1, highest: 1 }

/** The highest version that both speak, or null where there is none: then the server answers with Failure `version`. */
export function commonVersion(own: VersionRange, theirs: VersionRange): number | null {
  const version = Math.min(own.highest, theirs.highest)
  return version >= Math.max(own.lowest, theirs.lowest) ? version : null
}

/** What a Proof vouches for. */
export interface ProofSubject {
  readonly session: string
  /** of the agent */
  readonly name: string
  /** what the agent expects the server to be called */
  readonly server: string
  /** [32] */
  readonly nonce: Uint8Array
}

/** Nothing but a Proof of this version is ever signed under these words. */
const DOMAIN = 'fedrl proof 1'

/**
 * The bytes that the Ed25519 key of an agent signs: the domain, session, name, server and nonce, in this order, each after its length in
 * bytes as a little-endian u32. Strings are UTF-8.
 */
export function proofBytes({ session, name, server, nonce }: ProofSubject): Uint8Array {
  const text = new TextEncoder()
  const parts = [...[DOMAIN, session, name, server].map((part) => text.encode(part)), nonce]
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const part of parts) {
    view.setUint32(at, part.length, true)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  return bytes
}

/** What the Update of every algorithm says of itself. */
interface UpdateHeader {
  readonly agent: number
  readonly round: number
  readonly phase?: number
}

/**
 * The Update inside a message, read by `decode`, which is one of the codecs; an issue also where it is not of the agent and the position that
 * the message says.
 */
export function openUpdate<Update extends UpdateHeader>(
  message: UpdateMessage,
  decode: (frame: Uint8Array) => Result<Update>,
): Result<Update> {
  const update = decode(message.frame)
  if (!update.ok) return update
  const { agent, round, phase = 0 } = update.value
  const inside = { agent, round, phase }
  const issues = (['agent', 'round', 'phase'] as const).flatMap((name): Issue[] =>
    inside[name] === message[name]
      ? []
      : [{ path: ['frame', name], message: `expected ${message[name]} as outside, got ${inside[name]}` }],
  )
  return issues.length > 0 ? { ok: false, issues } : update
}
