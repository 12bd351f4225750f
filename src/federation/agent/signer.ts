/** How an agent proves that a name is its own: it signs with its private key, which stays wherever the signer keeps it. */

/** The private key of an agent, to be used and not to be seen. */
export interface Signer {
  /** @returns [64] Ed25519 over the bytes */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}
