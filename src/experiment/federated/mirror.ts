/**
 * The run folder of a server with a mirror: what it keeps goes to the mirror first and then to disk. A server on any machine begins by
 * making the two equal, and by shutting out whoever served before.
 */
import { relative, sep } from 'node:path'
import { MirrorTaken, type Mirror, type MirrorChange } from '../../transport/mirror.ts'
import { TransportError } from '../../transport.ts'
import type { Chunks, Writer } from '../disk.ts'
import { RunError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { version } from '../version.ts'
import type { RecordCopy } from './disk-store.ts'
import { agree, type Agreed, type MirrorOptions } from './mirror/agreement.ts'
import { isMirrored, typeOf } from './mirror/files.ts'
import { headChange, writeLocalHead, type Head } from './mirror/head.ts'

/** A run folder with a mirror. */
export interface MirroredFolder {
  /** writes to the mirror first, once the folder is there */
  readonly write: Writer
  readonly record: RecordCopy
  /** The folder is there, and equal to the mirror. */
  begun(folder: string): Promise<void>
  /** The run is finished. */
  finish(): Promise<void>
}

/**
 * Takes the mirror over, and makes the run folder what the mirror is, or the mirror what the folder is.
 * @returns null where the folder holds the finished run
 * @throws InputError where the mirror holds an unfinished run of another experiment, or the folder one that it knows nothing of
 * @throws RunError where there is no room
 */
export async function mirroredFolder(
  experiment: Experiment,
  options: MirrorOptions,
): Promise<MirroredFolder | null> {
  const { mirror, run, session, write } = options
  const { holder } = mirror
  const { name } = experiment
  const head: Head = { sessions: [session], run, name, fedrl: version, holder, state: 'running' }
  const both = await told(() => agreed(experiment, head, options))
  return both === null ? null : folderOf(mirror, both, write)
}

/** Until nobody has written between the reading of the mirror and its taking. */
async function agreed(...what: Parameters<typeof agree>): ReturnType<typeof agree> {
  for (;;) {
    try {
      return await agree(...what)
    } catch (error) {
      if (!(error instanceof MirrorTaken)) throw error
    }
  }
}

function folderOf(mirror: Mirror, { head, known }: Agreed, write: Writer): MirroredFolder {
  let folder: string | null = null
  let lines: MirrorChange[] = []
  let last: Promise<unknown> = Promise.resolve()
  const pathOf = (file: string): string => pathIn(folder ?? file, file)
  // one after the other: lines that one write could not bring go with the next
  const keep = (change: MirrorChange): Promise<void> => {
    const kept = last.catch(() => undefined).then(() => keepNow(change))
    last = kept
    return kept
  }
  const keepNow = async (change: MirrorChange): Promise<void> => {
    const taken = lines
    lines = []
    try {
      await told(() => mirror.write([...taken, change]))
    } catch (error) {
      // a checkpoint must not be there without them, and counts of traffic are let go where there is no room
      lines = [...taken, ...lines]
      throw error
    }
    if (change.type === 'removed') known.delete(change.path)
    else known.add(change.path)
  }
  return {
    async write(file, chunks) {
      const path = pathOf(file)
      if (!isMirrored(path)) return write(file, chunks)
      const content = await collected(chunks)
      await keep({ type: typeOf(path), path, content })
      await write(file, [content])
    },
    record: {
      lines: (file, offset, content) =>
        void lines.push({ type: 'lines', path: pathOf(file), offset, content }),
      checkpoint: (file, content) => keep({ type: 'file', path: pathOf(file), content }),
      async removed(file) {
        if (known.has(pathOf(file))) await keep({ type: 'removed', path: pathOf(file) })
      },
    },
    async begun(path) {
      await writeLocalHead(path, head.sessions, write)
      folder = path
    },
    finish: () => keep(headChange({ ...head, state: 'finished' })),
  }
}

/** The path of a file in a run folder, '/' between the names. */
const pathIn = (folder: string, file: string): string => relative(folder, file).split(sep).join('/')

async function collected(chunks: Chunks): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const chunk of chunks) pieces.push(chunk)
  return new Uint8Array(Buffer.concat(pieces))
}

/** What the broker refuses is told as what a full disk refuses. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof TransportError ? new RunError(error.message, { cause: error }) : error
  }
}
