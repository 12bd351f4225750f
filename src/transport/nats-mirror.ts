/**
 * A mirror on a broker: small files and files that grow in a JetStream stream, files that are written once in an object store. Every
 * message says how many came before it, so a server that has lost its federation can add none. A broker that is away is waited for.
 */
import { createHash } from 'node:crypto'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { MsgHdrs } from '@nats-io/transport-node'
import type { ObjectStore } from '@nats-io/obj'
import { TransportError } from '../transport.ts'
import { MirrorTaken, type Mirror, type MirrorChange, type MirroredFile } from './mirror.ts'
import { onDemand, reach, type Broker, type NatsServer } from './nats-broker.ts'
import { mirrorName } from './nats-url.ts'
import { insistence, isConflict, type Insistence } from './nats-insist.ts'
import {
  BLOCK,
  CHUNK,
  MirrorReader,
  bytesOf,
  parseEntry,
  fileMessages,
  linesMessages,
  removedMessages,
  tailOf,
  tokenOf,
  type Chunks,
  type Growing,
  type MirrorMessage,
  type StreamFile,
} from './nats-mirror-messages.ts'

/** Where a mirror is, and whose. */
export interface NatsMirrorPlace extends NatsServer {
  /** the federation: of its letters, digits, - and _ the names on the broker are made */
  readonly federation: string
  /** what all subjects of the federation begin with */
  readonly subject: string
  /** who opens it, for people */
  readonly holder: string
  /** once aborted, a broker that is away is not waited for */
  readonly signal?: AbortSignal
  /** told that the broker is away, and that it is back */
  readonly onNote?: (line: string) => void
}

const ENTRY = 'Fedrl-Entry'
/** who wrote a message, and which of his it is */
const WRITER = 'Fedrl-Writer'

/** The broker has so long to acknowledge, ms. */
const TIMEOUT_MS = 5000

/**
 * Opens the mirror of a federation, and makes it where there is none.
 * @throws TransportError where the broker cannot be reached, has no JetStream, or no room
 */
export async function openNatsMirror(place: NatsMirrorPlace): Promise<Mirror> {
  const { jetstream, jetstreamManager } = await onDemand(() => import('@nats-io/jetstream'), 'jetstream')
  const { Objm } = await onDemand(() => import('@nats-io/obj'), 'obj')
  const { headers } = await onDemand(() => import('@nats-io/transport-node'), 'transport-node')
  const asking = insistence(place)
  const broker = await reach(place, asking)
  const { connection } = broker
  const ask = <T>(request: () => Promise<T>): Promise<T> => asking.insist(() => asking.answer(request()))
  const name = mirrorName(place.federation)
  const replicas = connection.info?.cluster === undefined ? 1 : 3
  try {
    const jsm = await ask(() => jetstreamManager(connection, { timeout: TIMEOUT_MS, checkAPI: false }))
    const subjects = [`${place.subject}.mirror.>`]
    await ask(() => jsm.streams.add({ name, subjects, max_msgs_per_subject: 1, num_replicas: replicas }))
    const js = jetstream(connection, { timeout: TIMEOUT_MS })
    const openBucket = (): Promise<ObjectStore> => ask(() => new Objm(js).create(name, { replicas }))
    const bucket = await openBucket()
    return new NatsMirror(place, broker, asking, { jsm, js, bucket, openBucket, headers })
  } catch (error) {
    await connection.close()
    throw error
  }
}

/** What there is on the broker, and what makes headers. */
interface Parts {
  readonly jsm: JetStreamManager
  readonly js: JetStreamClient
  bucket: ObjectStore
  openBucket(): Promise<ObjectStore>
  headers(): MsgHdrs
}

class NatsMirror implements Mirror {
  readonly holder: string
  readonly #name: string
  readonly #subject: string
  readonly #session: string
  readonly #broker: Broker
  readonly #asking: Insistence
  readonly #parts: Parts
  readonly #long = new Map<string, Chunks>()
  readonly #growing = new Map<string, Growing>()
  /** the sequence of the last message in the stream */
  #last = 0
  #written = 0
  #queue: Promise<void> = Promise.resolve()

  constructor(
    { federation, subject, holder }: NatsMirrorPlace,
    broker: Broker,
    asking: Insistence,
    parts: Parts,
  ) {
    this.holder = holder
    this.#name = mirrorName(federation)
    this.#subject = `${subject}.mirror`
    this.#session = broker.session
    this.#broker = broker
    this.#asking = asking
    this.#parts = parts
  }

  async files(): Promise<ReadonlyMap<string, MirroredFile>> {
    const { files } = await this.#asking.insist(() => this.#read())
    this.#long.clear()
    this.#growing.clear()
    for (const [path, file] of files) {
      if (file.kind === 'chunked') this.#long.set(path, { turn: file.turn, chunks: file.chunks.length })
      if (file.kind === 'blocks') this.#growing.set(path, tailOf(file))
    }
    return new Map([...files].map(([path, file]) => [path, this.#fileOf(path, file)]))
  }

  write(changes: readonly MirrorChange[]): Promise<void> {
    const turn = this.#queue.then(async () => {
      for (const change of changes) if (change.type === 'product') await this.#keepProduct(change)
      await this.#append(await this.#messagesOf(changes))
    })
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async clear(): Promise<void> {
    const { jsm, bucket } = this.#parts
    await this.#ask(() => jsm.streams.purge(this.#name))
    await this.#ask(() => bucket.destroy())
    this.#parts.bucket = await this.#parts.openBucket()
    await this.files()
  }

  close(): Promise<void> {
    return this.#broker.connection.close()
  }

  async #read(): Promise<MirrorReader> {
    const { jsm, js } = this.#parts
    const { state } = await jsm.streams.info(this.#name)
    const reader = new MirrorReader()
    this.#last = state.last_seq
    if (state.messages === 0) return reader
    const consumer = await js.consumers.get(this.#name)
    const messages = await consumer.consume({ max_messages: 64 })
    for await (const { subject, headers, data, info, seq } of messages) {
      const entry = parseEntry(headers?.get(ENTRY) ?? '')
      const short = subject.slice(this.#subject.length + 1)
      if (entry !== null) reader.take({ subject: short, entry, content: data })
      if (info.pending === 0 || seq >= state.last_seq) break
    }
    await messages.close()
    await consumer.delete()
    return reader
  }

  #fileOf(path: string, file: StreamFile): MirroredFile {
    if (file.kind === 'product') {
      const { bytes, sha256 } = file
      return { bytes, sha256, read: () => this.#readProduct(path, sha256) }
    }
    const content = bytesOf(file)
    const read = (): Promise<Uint8Array> =>
      content === null ? Promise.reject(damaged(path)) : Promise.resolve(content)
    return { bytes: content?.length ?? 0, sha256: null, read }
  }

  async #readProduct(path: string, sha256: string): Promise<Uint8Array> {
    const content = await this.#ask(() => this.#parts.bucket.getBlob(path))
    if (content === null || sha256Of(content) !== sha256) throw damaged(path)
    return content
  }

  async #keepProduct({ path, content }: Extract<MirrorChange, { type: 'product' }>): Promise<void> {
    const options = { max_chunk_size: CHUNK }
    await this.#ask(() =>
      this.#parts.bucket.putBlob({ name: path, options }, content, { timeout: TIMEOUT_MS }),
    )
  }

  async #messagesOf(changes: readonly MirrorChange[]): Promise<MirrorMessage[]> {
    const messages: MirrorMessage[] = []
    for (const change of changes) messages.push(...(await this.#messagesOfOne(change)))
    return messages
  }

  async #messagesOfOne(change: MirrorChange): Promise<MirrorMessage[]> {
    const { path } = change
    switch (change.type) {
      case 'file': {
        const most = Math.min(CHUNK, Math.floor((this.#broker.connection.info?.max_payload ?? CHUNK) / 2))
        const messages = fileMessages(change, this.#long.get(path), most)
        const entry = messages.at(-1)?.entry
        if (entry?.kind === 'chunked') this.#long.set(path, entry)
        else this.#long.delete(path)
        return messages
      }
      case 'product': {
        const entry = { kind: 'product', sha256: sha256Of(change.content), bytes: change.content.length } as const // prettier-ignore
        return [{ subject: tokenOf(path), entry, content: new Uint8Array(0) }]
      }
      case 'removed': {
        const before = this.#long.get(path)
        this.#long.delete(path)
        this.#growing.delete(path)
        return removedMessages(path, before)
      }
      case 'lines': {
        const messages = linesMessages(change, await this.#headOf(path, change.offset))
        const tail = messages.at(-1)?.content ?? new Uint8Array(0)
        this.#growing.set(path, { size: change.offset + change.content.length, tail })
        return messages
      }
    }
  }

  /** What stands before an offset in its block. */
  async #headOf(path: string, offset: number): Promise<Uint8Array> {
    const length = offset % BLOCK
    if (length === 0) return new Uint8Array(0)
    const known = this.#growing.get(path)
    if (known?.size === offset) return known.tail
    const subject = `${this.#subject}.${tokenOf(path)}.${Math.floor(offset / BLOCK)}`
    const found = await this.#ask(() =>
      this.#parts.jsm.streams.getMessage(this.#name, { last_by_subj: subject }),
    )
    if (found === null || found.data.length < length) throw damaged(path)
    return found.data.slice(0, length)
  }

  #ask<T>(request: () => Promise<T>): Promise<T> {
    return this.#asking.insist(() => this.#asking.answer(request()))
  }

  /** Appends messages, one after the other, whatever it takes. */
  async #append(messages: readonly MirrorMessage[]): Promise<void> {
    const named = messages.map((message) => ({ ...message, writer: `${this.#session} ${this.#written++}` }))
    for (let at = 0; at < named.length;) at += await this.#asking.insist(() => this.#publish(named.slice(at)))
  }

  /** Sends messages at once. @returns how many of the first have been stored */
  async #publish(messages: readonly Sent[]): Promise<number> {
    const { js, headers } = this.#parts
    const first = this.#last
    const acks = await Promise.allSettled(
      messages.map(({ subject, entry, writer, content }, i) => {
        const header = headers()
        header.set(ENTRY, JSON.stringify(entry))
        header.set(WRITER, writer)
        const expect = { lastSequence: first + i }
        const how = { headers: header, expect, timeout: TIMEOUT_MS }
        return this.#asking.answer(js.publish(`${this.#subject}.${subject}`, content, how))
      }),
    )
    const failed = acks.findIndex(({ status }) => status === 'rejected')
    const stored = failed < 0 ? messages.length : failed
    this.#last += stored
    if (stored > 0 || messages.length === 0) return stored
    const [ack] = acks
    // one whose acknowledgement was lost is there, and in its own way when it is sent again
    if (await this.#isStored(messages[0] as Sent)) return 1
    if (ack?.status === 'rejected' && !isConflict(ack.reason)) throw ack.reason
    return 0
  }

  /** Whether a message is the next one in the stream. @throws TransportError where it can be so no more */
  async #isStored({ writer }: Sent): Promise<boolean> {
    const { jsm } = this.#parts
    const { state } = await this.#asking.answer(jsm.streams.info(this.#name))
    if (state.last_seq === this.#last) return false
    if (state.last_seq < this.#last)
      throw new TransportError('the broker has lost what it had acknowledged; the same command again gives it what this machine has') // prettier-ignore
    const next = await this.#asking.answer(jsm.streams.getMessage(this.#name, { seq: this.#last + 1 }))
    if (next?.header.get(WRITER) !== writer) throw new MirrorTaken('another server has taken the run over')
    this.#last++
    return true
  }
}

type Sent = MirrorMessage & { readonly writer: string }

const sha256Of = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const damaged = (path: string): TransportError =>
  new TransportError(`${path} is not as it was written to the broker`)
