import { generateKeyPairSync } from 'node:crypto'
import { fromPublic } from '@nats-io/nkeys'
import { expect, it } from 'vitest'
import { keyAuthenticator, nkeyOf, publicBytes } from './nats-key.ts'

it('writes public keys as NATS reads them, and signs what a broker asks', () => {
  for (let i = 0; i < 10; i++) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const auth = keyAuthenticator(privateKey)('a nonce') as { nkey: string; sig: string }
    expect(auth.nkey).toBe(nkeyOf(publicBytes(publicKey)))
    // throws where prefix or checksum are wrong
    const user = fromPublic(auth.nkey)
    const check = (text: string): boolean =>
      user.verify(new TextEncoder().encode(text), Buffer.from(auth.sig, 'base64'))
    expect([check('a nonce'), check('another')]).toEqual([true, false])
  }
})

it('writes a known key', () => {
  expect(nkeyOf(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(
    'UAAACAQDAQCQMBYIBEFAWDANBYHRAEISCMKBKFQXDAMRUGY4DUPB63NN',
  )
})

it('refuses keys that are none', () => {
  expect(() => nkeyOf(new Uint8Array(31))).toThrow('expected 32 bytes, got 31')
  const { privateKey } = generateKeyPairSync('x25519')
  expect(() => publicBytes(privateKey)).toThrow('expected an Ed25519 key, got x25519')
})
