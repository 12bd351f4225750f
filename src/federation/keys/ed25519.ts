/** Ed25519 keys in Node: made, read, signed with, verified by. Private keys are PKCS#8 PEM texts, public ones 32 bytes. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto'
import { publicBytes } from '../../transport/nats-key.ts'
import type { Signer } from '../agent/signer.ts'

/** A new key: the private half as a PEM text, the public one as [32] bytes. */
export function makeKey(): { readonly pem: string; readonly key: Uint8Array } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    key: new Uint8Array(publicBytes(publicKey)),
  }
}

/** The private key in a PEM text; null where it holds none, or one of another kind. */
export function privateKeyOf(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : null
  } catch {
    return null
  }
}

/** Signs with a private key. */
export const signerOf = (key: KeyObject): Signer => ({
  sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, key))),
})

/** Verifies by a public key, [32]; the work is done beside the event loop. */
export function verifierOf(key: Uint8Array): (bytes: Uint8Array, signature: Uint8Array) => Promise<boolean> {
  let parsed: KeyObject | null = null
  return (bytes, signature) => {
    const x = Buffer.from(key).toString('base64url')
    const by = (parsed ??= createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }))
    return new Promise((resolve, reject) => {
      verify(null, bytes, by, signature, (error, right) => (error === null ? resolve(right) : reject(error)))
    })
  }
}
