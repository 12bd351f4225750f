/** `fedrl nats-config`: writes the configuration of a nats-server on which each agent may send and hear for itself alone. */
import { join, dirname, resolve } from 'node:path'
import { blaming, writeAtomically } from '../experiment/disk.ts'
import { isLoopback } from '../experiment/federated/loopback.ts'
import { InputError } from '../experiment/errors.ts'
import { readKeys, readPrivateKey } from '../experiment/federated/key-folder.ts'
import { brokerConfig, type BrokerConfig } from '../transport/nats-config.ts'
import { publicBytes } from '../transport/nats-key.ts'
import { USUAL_FEDERATION } from '../transport/nats-url.ts'
import type { Io } from './io.ts'
import { placeIn } from './place.ts'

/** The flags of `fedrl nats-config`, as typed. */
export interface NatsConfigFlags {
  /** the private key of the server, PEM */
  readonly serverKey?: string
  readonly federation?: string
  readonly listen?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly jetstreamDir?: string
  readonly out?: string
  readonly insecure?: boolean
}

const USUAL = '127.0.0.1:4222'

/** Carries the command out. */
export async function natsConfig(keys: string, flags: NatsConfigFlags, io: Io): Promise<void> {
  const { serverKey, federation = USUAL_FEDERATION, out, jetstreamDir } = flags
  if (serverKey === undefined)
    throw new InputError('--server-key', 'expected the private key of the server (fedrl keys new makes one), got none') // prettier-ignore
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(federation))
    throw new InputError('--federation', `expected 1 to 64 letters, digits, - and _, got ${federation}`)
  const server = await readPrivateKey('--server-key', serverKey)
  const agents = (await readKeys(keys)).filter(({ revoked }) => !revoked)
  const text = brokerConfig({
    federation,
    listen: listenOf(flags),
    serverKey: publicBytes(server.key),
    agents,
    tls: tlsOf(flags),
    jetStreamFolder: resolve(jetstreamDir ?? join(out === undefined ? '.' : dirname(out), 'jetstream')),
  })
  if (server.warning !== null) io.note(server.warning)
  if (out === undefined)
    return io.result({ federation, agents: agents.length, config: text }, () => text.trimEnd())
  await write(out, text)
  io.result(
    { federation, agents: agents.length, out },
    () =>
      `${out}: ${agents.length} agents of ${federation}\nstart: nats-server -c ${out}\nafter a change of the keys: the same command again, then nats-server --signal reload`,
  )
}

const write = (path: string, text: string): Promise<void> =>
  blaming('--out', path, 'a file that can be written', () =>
    writeAtomically(path, [new TextEncoder().encode(text)]),
  )

/** Where the broker listens. @throws InputError where that is no place, or one that others reach without encryption */
function listenOf({ listen = USUAL, tlsCert, insecure }: NatsConfigFlags): BrokerConfig['listen'] {
  const { host, port } = placeIn('--listen', listen, USUAL)
  if (isLoopback(host) || tlsCert !== undefined || insecure === true)
    return { host: host.includes(':') ? `[${host}]` : host, port }
  throw new InputError(
    '--listen',
    `expected --tls-cert and --tls-key, for other machines reach ${host}; --insecure does without, and lets others on the way read`,
  )
}

function tlsOf({ tlsCert, tlsKey }: NatsConfigFlags): BrokerConfig['tls'] {
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: resolve(tlsCert), key: resolve(tlsKey) }
  if (tlsCert === tlsKey) return null
  throw new InputError(
    tlsCert === undefined ? '--tls-cert' : '--tls-key',
    'expected certificate and key, got one of them',
  )
}
