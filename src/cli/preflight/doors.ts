/** Checks of how agents get in: the address, the certificate, the keys, the broker. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import { RunError } from '../../experiment/errors.ts'
import { readKeys, readPrivateKey } from '../../experiment/federated/key-folder.ts'
import { describeBytes } from '../../experiment/progress.ts'
import { TransportError } from '../../transport.ts'
import { certificateOf } from '../certificate.ts'
import type { ListenFlags } from '../endpoint.ts'
import { webSocketServerOf } from '../websocket-server.ts'
import { fail, ok, warn, type Finding } from './check.ts'

/** Listens, and stops at once. @throws InputError where the server could not */
export async function checkAddress(flags: ListenFlags): Promise<Finding> {
  const { listener, url, isLocal } = await webSocketServerOf(flags, () => undefined)
  await listener.close()
  return ok(`${url} is free${isLocal ? '; only this machine reaches it' : ''}`)
}

/** A certificate that ends before then has to be renewed soon, days. */
const RENEWAL_DAYS = 14
const DAY_MS = 86_400_000

/** @throws InputError where the certificate cannot be used */
export async function checkCertificate(flags: ListenFlags, now: Date): Promise<Finding> {
  const certificate = await certificateOf(flags)
  if (certificate === null) return ok('none: agents connect without encryption')
  const { validTo } = new X509Certificate(certificate.pem.cert)
  const days = Math.floor((Date.parse(validTo) - now.getTime()) / DAY_MS)
  const text = `for ${certificate.hosts.join(', ') || 'no host by name'}, valid for ${days} days`
  return days < RENEWAL_DAYS ? warn(`${text}: renew it soon; the server reads it again by itself`) : ok(text)
}

/**
 * Whether enough agents are let in, and whether nobody else can read private keys.
 * @param agents K
 * @param minimum so many have to be there for a phase to open
 * @throws InputError where there is no list of keys
 */
export async function checkKeys(folder: string, agents: number, minimum: number): Promise<Finding> {
  const keys = await readKeys(folder)
  const allowed = keys.filter(({ revoked }) => !revoked).length
  const text = `${allowed} of ${agents} agents are let in, ${keys.length - allowed} keys are revoked`
  if (allowed < minimum) return fail(`${text}: ${minimum} have to be there for a round`)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.key'))
  for (const name of files) {
    const { warning } = await readPrivateKey('--keys', join(folder, name))
    if (warning !== null) return warn(`${text}; ${warning}`)
  }
  if (files.length > 0)
    return warn(`${text}; private keys of ${files.length} agents are still here: take them to the agents`)
  return allowed < agents ? warn(text) : ok(text)
}

/** What the messages of a federation should fit into, bytes: longer ones are cut. */
const COMMON_PAYLOAD = 1024 * 1024

/** @throws InputError where that is no broker, or not one to be trusted; RunError where it does not answer, or lets nobody in */
export async function checkBroker(text: string, flags: ListenFlags): Promise<Finding> {
  const { addressIn, optionsOf } = await import('../nats-endpoint.ts')
  const { brokerFacts } = await import('../../transport/nats-broker.ts')
  const address = addressIn('--nats', text)
  const options = await optionsOf('--nats', address, flags, ['--nats-key', flags.natsKey])
  const facts = await brokerFacts({ url: address.url, options }).catch((error: Error) => {
    throw error instanceof TransportError ? new RunError(error.message, { cause: error }) : error
  })
  const { version, maxPayload, jetStream, isEncrypted, asksForKeys, roundTripMs } = facts
  const told = `nats-server ${version}, messages of up to ${describeBytes(maxPayload)}, ${roundTripMs.toFixed(1)} ms there and back`
  if (!jetStream) return fail(`${told}: it has no JetStream: start it with --jetstream`)
  const open =
    isEncrypted && asksForKeys
      ? ''
      : `; ${asksForKeys ? '' : 'it asks nobody for a key'}${asksForKeys || isEncrypted ? '' : ', and '}${isEncrypted ? '' : 'it is not encrypted'}`
  return maxPayload < COMMON_PAYLOAD
    ? warn(`${told}: less than usual, so that more messages are cut into pieces${open}`)
    : ok(`${told}${open}`)
}
