/**
 * Keys as NATS writes them: an Ed25519 key of an agent is also its user key ("nkey") on a broker. A public key is `U...`: base32 of a
 * prefix, the 32 bytes and their CRC-16.
 */
import { createPublicKey, sign, type KeyObject } from 'node:crypto'
import type { Authenticator } from '@nats-io/transport-node'

/** Says that the key is that of a user. */
const USER = 20 << 3

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 without padding. */
function base32(bytes: Uint8Array): string {
  let [text, word, bits] = ['', 0, 0]
  for (const byte of bytes) {
    word = ((word << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(word >>> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + ALPHABET[(word << (5 - bits)) & 31]
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff
  }
  return crc
}

/** The public user key of NATS, `U...`, of an Ed25519 public key. @param key 32 bytes @throws RangeError where it is not as long */
export function nkeyOf(key: Uint8Array): string {
  if (key.length !== 32) throw new RangeError(`nkeyOf: expected 32 bytes, got ${key.length}`)
  const body = Uint8Array.of(USER, ...key)
  const crc = crc16(body)
  return base32(Uint8Array.of(...body, crc & 0xff, crc >> 8))
}

/** The 32 bytes of the public half of an Ed25519 key. @throws RangeError where it is another kind of key */
export function publicBytes(key: KeyObject): Uint8Array {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new RangeError(`expected an Ed25519 key, got ${key.asymmetricKeyType ?? key.type}`)
  const { x = '' } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return Buffer.from(x, 'base64url')
}

/** Shows a broker that one holds a private key: signs what it asks. @throws RangeError where it is no Ed25519 key */
export function keyAuthenticator(key: KeyObject): Authenticator {
  const nkey = nkeyOf(publicBytes(key))
  return (nonce) => ({ nkey, sig: sign(null, Buffer.from(nonce ?? ''), key).toString('base64') })
}
