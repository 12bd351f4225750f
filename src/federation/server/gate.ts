/** Who is let in: the keys of the agents as a server sees them. Where a server has no gate, a name is enough. */

/** The public key of an agent. */
export interface AgentKey {
  readonly status: 'allowed' | 'revoked'
  /** whether the holder of the key made this Ed25519 signature, [64], over these bytes */
  verify(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}

/** The list of the agents' keys, which may change at any time. */
export interface Gate {
  /** what the server is called, `wss://host:port`, at least one; a Proof names one of them, and a Challenge the first */
  readonly servers: readonly string[]
  /** the key of a name, the same object for as long as the key is the same; null where the name has none */
  keyOf(name: string): AgentKey | null
  /** [32] random bytes, new at each call */
  newNonce(): Uint8Array
  /** Calls `listener` with each name whose key is not the allowed one any more: revoked, replaced or removed. */
  onRevoked(listener: (name: string) => void): void
}
