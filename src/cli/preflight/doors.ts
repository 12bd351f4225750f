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
import { httpPlaceOf } from '../http-place.ts'
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

/** Clocks that differ by more are told of, ms. */
const CLOCKS_MS = 2000

/** Where a broker is, and how the server gets there. @throws InputError where that is no broker, or not one to be trusted */
async function brokerOf(text: string, flags: ListenFlags) {
  const { addressIn, optionsOf } = await import('../nats-endpoint.ts')
  const address = addressIn('--nats', text)
  const options = await optionsOf('--nats', address, flags, ['--nats-key', flags.natsKey])
  return { url: address.url, options, federation: address.federation, subject: address.subject }
}

/** What a broker answers. @throws RunError where it does not answer, or lets nobody in */
async function asked<T>(answer: Promise<T>): Promise<T> {
  return answer.catch((error: Error) => {
    throw error instanceof TransportError ? new RunError(error.message, { cause: error }) : error
  })
}

/**
 * What the broker is, and whether its clock is that of this machine.
 * @param now the time of day, ms since 1970
 * @throws InputError where that is no broker, or not one to be trusted; RunError where it does not answer, or lets nobody in
 */
export async function checkBroker(
  text: string,
  flags: ListenFlags,
  now: () => number = Date.now,
): Promise<Finding> {
  const { brokerFacts } = await import('../../transport/nats-facts.ts')
  const broker = await brokerOf(text, flags)
  const from = now()
  const facts = await asked(brokerFacts(broker))
  const { version, maxPayload, jetStream, isEncrypted, asksForKeys, roundTripMs, time } = facts
  const told = `nats-server ${version}, ${roundTripMs.toFixed(1)} ms there and back, messages of up to ${describeBytes(maxPayload)}`
  if (!jetStream) return fail(`${told}: it has no JetStream: start it with --jetstream`)
  const open = [
    ...(asksForKeys ? [] : ['it asks nobody for a key']),
    ...(isEncrypted ? [] : ['it is not encrypted']),
  ].join(', and ')
  const troubles = [
    ...(maxPayload < COMMON_PAYLOAD ? ['less than usual, so that more messages are cut into pieces'] : []),
    ...(time === null ? [] : clockTrouble(Date.parse(time), from, now())),
  ]
  const line = [told, ...troubles, ...(open === '' ? [] : [open])].join('; ')
  return troubles.length > 0 ? warn(line) : ok(line)
}

/** What is wrong with the time of day of a broker that was asked for it between two moments here; ms since 1970. */
function clockTrouble(there: number, from: number, to: number): string[] {
  const ahead = there > to ? there - to : Math.min(0, there - from)
  if (Math.abs(ahead) <= CLOCKS_MS) return []
  return [
    `its clock is ${(Math.abs(ahead) / 1000).toFixed(1)} s ${ahead > 0 ? 'ahead of' : 'behind'} that of this machine: certificates are judged by both, and logs are hard to compare`,
  ]
}

/**
 * Whether a server could have the federation.
 * @param folder of the run: what a server left behind that had the same one is taken over
 * @throws as {@link checkBroker}
 */
export async function checkFederation(text: string, flags: ListenFlags, folder: string): Promise<Finding> {
  const { federationFacts } = await import('../../transport/nats-facts.ts')
  const { claimantOf } = await import('../nats-endpoint.ts')
  const { federation, subject, ...server } = await brokerOf(text, flags)
  const facts = await asked(federationFacts(server, subject))
  if (facts === null) return fail(`nobody can serve ${federation} on a broker without JetStream`)
  const { isServed, entry } = facts
  if (isServed) return fail(`${federation} is served by ${entry?.holder ?? 'another server'}`)
  return entry === null || entry.folder === claimantOf(folder).folder
    ? ok(`no server has ${federation}`)
    : warn(`${federation} was served by ${entry.holder}, which does not answer: a server waits until that has expired, 10 s at most`) // prettier-ignore
}

/** Listens where a server on a broker would say how it stands, and stops at once. @throws InputError where the server could not */
export async function checkStatusPlace(flags: ListenFlags): Promise<Finding> {
  const place = await httpPlaceOf(flags, () => undefined)
  if (place === null) return ok('over the broker only; --listen host:port adds HTTP')
  await place.close()
  return ok(`${place.url} is free${place.isLocal ? '; only this machine reaches it' : ''}`)
}

/**
 * Whether the broker has room for the mirror.
 * @param bytes that the run will have there, about
 * @throws as {@link checkBroker}; RunError where a package is missing
 */
export async function checkMirror(text: string, flags: ListenFlags, bytes: number): Promise<Finding> {
  const { mirrorRoom } = await import('../../transport/nats-facts.ts')
  const { federation, ...server } = await brokerOf(text, flags)
  const { fits, held } = await asked(mirrorRoom(server, federation, bytes))
  const needed = `about ${describeBytes(bytes)} needed${held > 0 ? `, ${describeBytes(held)} of them there` : ''}`
  return fits
    ? ok(`${needed}, and the broker has room`)
    : fail(
        `${needed}, and the broker has no such room beside what else it holds: raise max_file_store, or what the account may have, or remove streams`,
      )
}
