/** A federation on a NATS broker: how its server listens there, how agents and those who ask for its status get there. */
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { NodeConnectionOptions } from '@nats-io/transport-node'
import { isLoopback } from '../experiment/federated/loopback.ts'
import { blaming } from '../experiment/disk.ts'
import { InputError, RunError } from '../experiment/errors.ts'
import { readPrivateKey } from '../experiment/federated/key-folder.ts'
import { withoutNames, type FederationStatus } from '../experiment/federated/status.ts'
import { TransportError } from '../transport.ts'
import { KeyRefused, onDemand, type NatsServer } from '../transport/nats-broker.ts'
import { openNatsMirror } from '../transport/nats-mirror.ts'
import { askServer, connectNats, listenNats } from '../transport/nats.ts'
import { parseNatsUrl, type NatsAddress } from '../transport/nats-url.ts'
import { authorityIn } from './certificate.ts'
import type { Connector, Endpoint } from './reach.ts'

/** What opens the way to a broker, as typed. */
export interface BrokerFlags {
  /** credentials of a broker that keeps its users as JWTs, a file */
  readonly creds?: string
  /** certificates to trust, PEM */
  readonly tlsCa?: string
  readonly insecure?: boolean
}

/** A flag that names the file of a private key. */
type KeyFlag = readonly [flag: string, path: string | undefined]

/**
 * Listens on a broker, as the one server of a federation.
 * @param folder of the run
 * @param key of the server
 * @throws InputError where that is no broker, it is not to be trusted, has no JetStream, or another server has the federation
 */
export async function listenOnNats(
  text: string,
  flags: BrokerFlags & { readonly name?: string },
  key: KeyFlag,
  folder: string,
): Promise<Endpoint> {
  const address = addressIn('--nats', text)
  const options = await optionsOf('--nats', address, flags, key)
  const as = claimantOf(folder)
  const listener = await listenNats({ ...address, options }, as).catch((error: Error) => {
    throw error instanceof TransportError ? new InputError('--nats', error.message) : error
  })
  const isLocal = address.hosts.every(isLoopback)
  const lost = new AbortController()
  void listener.lost.then((reason) => lost.abort(new RunError(reason)))
  return {
    listener,
    url: text,
    isLocal,
    servers: [...namesIn(flags.name), ...address.names],
    lost: lost.signal,
    http: null,
    joinLink: null,
    httpUrl: null,
    answerWith: (status) => listener.answerWith(() => answerOf(status(), isLocal || hasKey(flags, key))),
    openMirror: (signal, onNote) =>
      openNatsMirror({ ...address, options, holder: as.holder, signal, onNote }).catch((error: Error) => {
        throw error instanceof TransportError ? new InputError('--mirror', error.message) : error
      }),
  }
}

/** Who this server is in the directory of a broker. @param folder of the run */
export function claimantOf(folder: string): { readonly holder: string; readonly folder: string } {
  const out = resolve(folder)
  return {
    holder: `process ${process.pid} on ${hostname()}, run folder ${out}`,
    folder: `${hostname()}:${out}`,
  }
}

/** What somebody is answered who asks over the broker: names only where the broker is this machine's, or knows who its users are. */
const answerOf = (status: FederationStatus | null, isTrusted: boolean): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(status === null || isTrusted ? status : withoutNames(status)))

const hasKey = ({ creds }: BrokerFlags, [, path]: KeyFlag): boolean =>
  path !== undefined || creds !== undefined

/** What agents dial where that is not what the server dials. @throws InputError where it is no address */
const namesIn = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.split(/,(?=[a-z]+:\/\/)/i).flatMap((one) => addressIn('--name', one).names)

/**
 * How agents get to the server of a federation on a broker.
 * @param name of the first agent of the process: the broker knows the connection by it, and its key opens the way
 * @throws InputError where that is no address, or one of another machine that is not to be trusted
 */
export async function natsConnector(
  text: string,
  flags: BrokerFlags,
  key: KeyFlag,
  name: string,
): Promise<Connector> {
  const address = addressIn('URL', text)
  const options = { ...(await optionsOf('URL', address, flags, key)), inboxPrefix: `_INBOX_${name}` }
  return {
    server: address.names[0] ?? text,
    connect: () => connectNats({ ...address, options }, name).catch(forGood),
  }
}

/**
 * What the server of a federation on a broker answers to whoever asks how the run stands, bytes.
 * @param key of the server: agents may not ask
 * @throws InputError where that is no address, RunError where no server answers
 */
export async function askOverNats(text: string, flags: BrokerFlags, key: KeyFlag): Promise<Uint8Array> {
  const address = addressIn('URL', text)
  const place: NatsServer = { url: address.url, options: await optionsOf('URL', address, flags, key) }
  return askServer({ ...place, subject: address.subject }).catch((error: Error) => {
    throw error instanceof TransportError ? new RunError(error.message, { cause: error }) : error
  })
}

/** To try again would not help. */
function forGood(error: unknown): never {
  throw error instanceof KeyRefused ? new RunError(error.message, { cause: error }) : error
}

/** The address of a federation on a broker. @param flag names it where it is wrong @throws InputError where it is none */
export function addressIn(flag: string, text: string): NatsAddress {
  const address = parseNatsUrl(text)
  if (address !== null) return address
  throw new InputError(
    flag,
    `expected the address of a broker and a federation, as in nats://127.0.0.1:4222/ward, got ${text}`,
  )
}

/** How to get to a broker; whether it is safe to. @throws InputError where it is not, or a file cannot be read */
export async function optionsOf(
  flag: string,
  { hosts, isEncrypted }: NatsAddress,
  flags: BrokerFlags,
  key: KeyFlag,
): Promise<NodeConnectionOptions> {
  await checkClient(flag)
  const { creds, tlsCa, insecure } = flags
  const [keyFlag, path] = key
  const host = hosts.find((one) => !isLoopback(one))
  const isKnown = hasKey(flags, key)
  if (host !== undefined && insecure !== true && !(isEncrypted && isKnown))
    throw new InputError(
      flag,
      `expected ${isEncrypted ? `${keyFlag} (or --creds)` : `tls://${host}`}, for ${host} is another machine; --insecure does without, and lets others on the way read and take part`,
    )
  return {
    ...(isEncrypted && { tls: tlsCa === undefined ? {} : { ca: await authorityIn('--tls-ca', tlsCa) } }),
    ...(isKnown && { authenticator: await authenticatorOf(creds, keyFlag, path ?? '') }),
  }
}

/** @throws InputError where the client of NATS is not installed: nothing to try again */
async function checkClient(flag: string): Promise<void> {
  await onDemand(() => import('@nats-io/transport-node'), 'transport-node').catch((error: Error) => {
    throw new InputError(flag, error.message)
  })
}

async function authenticatorOf(creds: string | undefined, keyFlag: string, key: string) {
  if (creds === undefined) {
    const { keyAuthenticator } = await import('../transport/nats-key.ts')
    return keyAuthenticator((await readPrivateKey(keyFlag, key)).key)
  }
  const text = await blaming('--creds', creds, 'credentials of NATS', () => readFile(creds, 'utf8'))
  const { credsAuthenticator } = await import('@nats-io/transport-node')
  return credsAuthenticator(new TextEncoder().encode(text))
}
