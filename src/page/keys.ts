/**
 * The key of an agent in a page: Ed25519, made by the browser and kept by it, so that no program can read the private half; or one from a
 * file, which stays in memory. Pages have WebCrypto on https and on this machine only.
 */
import type { Signer } from '../federation/agent/signer.ts'

/** A key that signs, and its public half. */
export interface AgentKey {
  readonly privateKey: CryptoKey
  /** [32] */
  readonly publicKey: Uint8Array
}

const ALGORITHM = 'Ed25519'
const KEYS = 'keys'

/** Signs with a key. */
export const signerWith = (key: CryptoKey): Signer => ({
  sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, new Uint8Array(bytes))),
})

/** The key that this browser keeps for an agent, null where it keeps none. */
export async function storedKey(name: string): Promise<AgentKey | null> {
  const keys = await store('readonly')
  const found: unknown = await resultOf(keys.get(name))
  return found === undefined ? null : (found as AgentKey)
}

/** Makes a key for an agent and keeps it in place of the one before. @throws Error where the browser does not know Ed25519 */
export async function makeKey(name: string): Promise<AgentKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const key: AgentKey = { privateKey: pair.privateKey, publicKey }
  await resultOf((await store('readwrite')).put(key, name))
  return key
}

/** The private key in a PEM text (PKCS #8), as `fedrl keys add` writes it. @throws Error where it holds no such key */
export async function keyOfPem(text: string): Promise<CryptoKey> {
  const [, body = ''] =
    /-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----/.exec(text) ?? []
  try {
    const der = Uint8Array.from(atob(body.replaceAll(/\s/g, '')), (letter) => letter.charCodeAt(0))
    return await crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign'])
  } catch {
    throw new Error('expected a private Ed25519 key in PEM, as fedrl keys writes it, got another file')
  }
}

async function store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
  const opening = indexedDB.open('fedrl', 1)
  opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(KEYS))
  return (await resultOf(opening)).transaction(KEYS, mode).objectStore(KEYS)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser kept nothing')))
  })
}
