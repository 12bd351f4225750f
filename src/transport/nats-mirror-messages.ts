/**
 * A mirror as messages of a stream that keeps the last one of each subject: which messages a change is, and what the messages of a stream
 * amount to. Pure.
 *
 * A file that fits is one message on `TOKEN`, TOKEN being its path in base64url. A longer one is chunks on `TOKEN.G.I`, G in turns 0 and 1,
 * and then a message on `TOKEN` that names them: whoever reads finds the old file or the new one. A file that grows is blocks on `TOKEN.I`, of
 * which a change writes the last one anew. Of what lies in the object store, the message on `TOKEN` has the SHA-256.
 */
import { z } from 'zod'
import type { MirrorChange } from './mirror.ts'

/** A file or chunk is no longer than that, bytes: the broker allows messages of 1 MiB. */
export const CHUNK = 512 * 1024

/** Bytes of a block. */
export const BLOCK = 16 * 1024

const size = z.int().min(0).max(17_179_869_184)

const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['file', 'chunk', 'removed']) }),
  z.object({ kind: z.literal('chunked'), turn: z.int(), chunks: z.int().min(0).max(1_000_000), bytes: size }),
  z.object({ kind: z.literal('product'), sha256: z.string(), bytes: size }),
  // size is that of the file after it, bytes
  z.object({ kind: z.literal('block'), size }),
])

/** What the header of a message says of it. */
export type Entry = Readonly<z.infer<typeof entrySchema>>

/** Reads what a header says; null where it is not what a mirror writes. */
export function parseEntry(text: string): Entry | null {
  try {
    return entrySchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** A message of the stream. */
export interface MirrorMessage {
  /** what follows the subject of the mirror */
  readonly subject: string
  readonly entry: Entry
  readonly content: Uint8Array
}

const NOTHING = new Uint8Array(0)

/** The path of a file as one token of a subject. */
export const tokenOf = (path: string): string => Buffer.from(path).toString('base64url')

/** The path that a subject is about. */
export const pathOf = (subject: string): string =>
  Buffer.from(subject.split('.')[0] as string, 'base64url').toString()

/** The chunks of a long file as it was written last. */
export interface Chunks {
  readonly turn: number
  readonly chunks: number
}

/**
 * A file in place of the one before.
 * @param before of the one before, where that was long
 * @param most bytes of a message
 */
export function fileMessages(
  { path, content }: Extract<MirrorChange, { type: 'file' }>,
  before: Chunks | undefined,
  most: number,
): MirrorMessage[] {
  const subject = tokenOf(path)
  if (content.length <= most) return [{ subject, entry: { kind: 'file' }, content }]
  const turn = before?.turn === 0 ? 1 : 0
  const chunks = Math.ceil(content.length / most)
  return [
    ...Array.from({ length: chunks }, (_, i): MirrorMessage => ({
      subject: `${subject}.${turn}.${i}`,
      entry: { kind: 'chunk' },
      content: content.subarray(i * most, (i + 1) * most),
    })),
    { subject, entry: { kind: 'chunked', turn, chunks, bytes: content.length }, content: NOTHING },
  ]
}

/** A file that is there no more; nor are its chunks. */
export function removedMessages(path: string, before: Chunks | undefined): MirrorMessage[] {
  const subject = tokenOf(path)
  const emptied = [0, 1].flatMap((turn) =>
    Array.from({ length: before?.chunks ?? 0 }, (_, i): MirrorMessage => ({
      subject: `${subject}.${turn}.${i}`,
      entry: { kind: 'chunk' },
      content: NOTHING,
    })),
  )
  return [{ subject, entry: { kind: 'removed' }, content: NOTHING }, ...emptied]
}

/**
 * A file that grows.
 * @param head what stands before `offset` in its block
 */
export function linesMessages(
  { path, offset, content }: Extract<MirrorChange, { type: 'lines' }>,
  head: Uint8Array,
): MirrorMessage[] {
  const bytes = new Uint8Array(head.length + content.length)
  bytes.set(head)
  bytes.set(content, head.length)
  const start = offset - head.length
  const count = Math.max(1, Math.ceil(bytes.length / BLOCK))
  return Array.from({ length: count }, (_, i): MirrorMessage => ({
    subject: `${tokenOf(path)}.${start / BLOCK + i}`,
    entry: { kind: 'block', size: Math.min(offset + content.length, start + (i + 1) * BLOCK) },
    content: bytes.slice(i * BLOCK, (i + 1) * BLOCK),
  }))
}

/** A file as the messages of the stream have it. */
export type StreamFile =
  | { readonly kind: 'file'; readonly content: Uint8Array }
  | { readonly kind: 'product'; readonly sha256: string; readonly bytes: number }
  | {
      readonly kind: 'chunked'
      readonly turn: number
      readonly bytes: number
      readonly chunks: readonly Uint8Array[]
    }
  | { readonly kind: 'blocks'; readonly size: number; readonly blocks: Map<number, Uint8Array> }

/** Reads a stream, message by message, oldest first. */
export class MirrorReader {
  readonly files = new Map<string, StreamFile>()
  readonly #chunks = new Map<string, Uint8Array>()

  take({ subject, entry, content }: MirrorMessage): void {
    const path = pathOf(subject)
    switch (entry.kind) {
      case 'file':
        return void this.files.set(path, { kind: 'file', content })
      case 'product':
        return void this.files.set(path, entry)
      case 'removed':
        return void this.files.delete(path)
      case 'chunk':
        return void this.#chunks.set(subject, content)
      case 'chunked': {
        const { turn, bytes } = entry
        const chunks = Array.from(
          { length: entry.chunks },
          (_, i) => this.#chunks.get(`${subject}.${turn}.${i}`) ?? NOTHING,
        )
        return void this.files.set(path, { kind: 'chunked', turn, bytes, chunks })
      }
      case 'block': {
        const before = this.files.get(path)
        const blocks = before?.kind === 'blocks' ? before.blocks : new Map<number, Uint8Array>()
        blocks.set(Number(subject.split('.')[1]), content)
        this.files.set(path, { kind: 'blocks', size: entry.size, blocks })
      }
    }
  }
}

/** The bytes of a file in the stream; null where they are not all there. */
export function bytesOf(file: Exclude<StreamFile, { kind: 'product' }>): Uint8Array | null {
  if (file.kind === 'file') return file.content
  const [size, pieces] =
    file.kind === 'chunked' ? [file.bytes, file.chunks] : [file.size, wholeBlocks(file.size, file.blocks)]
  const bytes = Buffer.concat(pieces).subarray(0, size)
  return bytes.length === size ? new Uint8Array(bytes) : null
}

const wholeBlocks = (size: number, blocks: ReadonlyMap<number, Uint8Array>): Uint8Array[] =>
  Array.from({ length: Math.ceil(size / BLOCK) }, (_, i) => blocks.get(i) ?? NOTHING)

/** What is kept in mind of a file that grows. */
export interface Growing {
  readonly size: number
  /** its last block, as far as it is written */
  readonly tail: Uint8Array
}

/** The end of a file that grows. */
export function tailOf(file: Extract<StreamFile, { kind: 'blocks' }>): Growing {
  const { size, blocks } = file
  const tail = blocks.get(Math.floor(size / BLOCK)) ?? new Uint8Array(0)
  return { size, tail: tail.slice(0, size % BLOCK) }
}
