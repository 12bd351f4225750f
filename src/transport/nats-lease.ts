/**
 * The directory of the federations on a broker: a key-value bucket with an entry for each, which is at the same time the lease of its
 * server. An entry that is not renewed expires; it changes hands by compare-and-set only, so two servers never both hold it.
 */
import type { KV } from '@nats-io/kv'
import { TransportError } from '../transport.ts'
import { hasJetStream, onDemand, type Broker } from './nats-broker.ts'

/** What the directory says of a federation. */
interface FederationEntry {
  /** who serves it, for people: host, process and run folder */
  readonly holder: string
  /** the run folder: who has it may take the entry over from a server that answers no more */
  readonly folder: string
  /** of the server's connection, new at each start */
  readonly session: string
}

/** Who asks for a lease. */
export interface Claimant extends Pick<FederationEntry, 'holder' | 'folder'> {
  /** an entry that was not renewed for so long is gone; the same for all federations of a broker; ms */
  readonly leaseMs?: number
}

/** That a federation is one server's. */
export interface Lease {
  /** resolves with the reason when another server has it */
  readonly lost: Promise<string>
  /** Gives it back. */
  release(): Promise<void>
}

const BUCKET = 'fedrl'

const LEASE_MS = 10_000

/** An entry is renewed so often in the time that it lasts. */
const RENEWALS = 4

/** Between two looks at an entry that may expire, ms. */
const LOOK_MS = 250

/** @throws TransportError where the broker has no JetStream, or a bucket of this name whose entries do not expire as they must */
async function openBucket({ connection }: Broker, url: string, ttl: number): Promise<KV> {
  const { Kvm } = await onDemand(() => import('@nats-io/kv'), 'kv')
  if (!(await hasJetStream(connection)))
    throw new TransportError(
      `the broker ${url} has no JetStream, which a federation needs: start nats-server with -js, or with the file that fedrl nats-config writes`,
    )
  // a cluster that has JetStream has three brokers or more
  const replicas = connection.info?.cluster === undefined ? 1 : 3
  const bucket = await new Kvm(connection).create(BUCKET, { ttl, replicas, timeout: 5000 })
  // one that is there already stays as it is
  await expectExpiry(bucket, url, ttl)
  return bucket
}

/** @throws TransportError where the entries of a bucket do not expire as they must */
async function expectExpiry(bucket: KV, url: string, ttl: number): Promise<void> {
  const { ttl: found } = await bucket.status()
  if (found !== ttl)
    throw new TransportError(
      `the broker ${url} has a bucket ${BUCKET} whose entries expire ${found === 0 ? 'never' : `after ${found / 1000} s`}: expected after ${ttl / 1000} s, so that a server that was killed is not waited for; remove the bucket (the stream KV_${BUCKET}) and give the same command again, which makes it anew`,
    )
}

/** What JetStream answers where there is no bucket. */
const NO_STREAM = 10059

/**
 * The entry of a federation in the directory of a broker with JetStream, null where it has none; nothing is changed.
 * @throws TransportError where the bucket does not fit
 */
export async function holderOf(
  connection: Broker['connection'],
  url: string,
  federation: string,
): Promise<Pick<FederationEntry, 'holder' | 'folder'> | null> {
  const { Kvm } = await onDemand(() => import('@nats-io/kv'), 'kv')
  const bucket = await new Kvm(connection).open(BUCKET)
  try {
    await expectExpiry(bucket, url, LEASE_MS)
    return await entryOf(bucket, federation)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NO_STREAM) return null
    throw error
  }
}

async function entryOf(bucket: KV, federation: string) {
  const found = await bucket.get(federation)
  return found === null || found.operation !== 'PUT'
    ? null
    : { ...found.json<FederationEntry>(), revision: found.revision }
}

/**
 * Takes the lease of a federation. What a server of the same run folder left behind is taken over at once; the entry of another is waited
 * for, until it expires or is renewed.
 * @param url of the broker, for what is told
 * @param isServed whether a server answers
 * @throws TransportError where another server has it, or the broker has no JetStream or a bucket that does not fit
 */
export async function takeLease(
  broker: Broker,
  url: string,
  federation: string,
  { holder, folder, leaseMs = LEASE_MS }: Claimant,
  isServed: () => Promise<boolean>,
): Promise<Lease> {
  const bucket = await openBucket(broker, url, leaseMs)
  const own: FederationEntry = { holder, folder, session: broker.session }
  const text = JSON.stringify(own)
  const first = await entryOf(bucket, federation)
  let isOthers = await isServed()
  for (;;) {
    const entry = await entryOf(bucket, federation)
    if (entry !== null) isOthers ||= entry.revision !== first?.revision
    if (isOthers)
      throw new TransportError(
        `${url}: the federation ${federation} is served by ${entry?.holder ?? 'another server'}`,
      )
    const isLeft = entry?.folder === folder
    const revision = await won(
      entry === null
        ? bucket.create(federation, text)
        : isLeft
          ? bucket.update(federation, text, entry.revision)
          : null,
    )
    if (revision !== null) return keep(bucket, federation, own, revision, leaseMs / RENEWALS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

/** The revision that was written; null where somebody else was faster. */
async function won(writing: Promise<number> | null): Promise<number | null> {
  try {
    return await writing
  } catch (error) {
    if (isConflict(error)) return null
    throw error
  }
}

/** What JetStream answers where another revision is the last one. */
const WRONG_LAST_SEQUENCE = 10071

const isConflict = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === WRONG_LAST_SEQUENCE

/** Renews a lease until it is given back or lost. A broker that is away loses none: nobody else can take it there. */
function keep(bucket: KV, federation: string, own: FederationEntry, taken: number, everyMs: number): Lease {
  let revision = taken
  let lose: (reason: string) => void = () => {}
  const lost = new Promise<string>((resolve) => (lose = resolve))
  const text = JSON.stringify(own)
  /** Where the entry has another revision: it expired while the broker was away, an answer was lost, or it is another's. */
  const recover = async (): Promise<void> => {
    const entry = await entryOf(bucket, federation)
    if (entry === null) revision = (await won(bucket.create(federation, text))) ?? revision
    else if (entry.session === own.session) ({ revision } = entry)
    else {
      clearInterval(renewing)
      lose(`the federation ${federation} was taken over by ${entry.holder}`)
    }
  }
  let isBusy = false
  const renew = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    try {
      const renewed = await won(bucket.update(federation, text, revision, everyMs))
      if (renewed === null) await recover()
      else revision = renewed
    } catch {
      // the broker is away, or slow: asked again at the next turn
    }
    isBusy = false
  }
  const renewing = setInterval(() => void renew(), everyMs)
  return {
    lost,
    async release() {
      clearInterval(renewing)
      await bucket.delete(federation, { previousSeq: revision }).catch(() => undefined)
    },
  }
}
