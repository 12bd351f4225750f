/**
 * What a server keeps, in the run folder: `federation/members.json`, a record for each run (one line of JSON a phase, appended), and its
 * last two checkpoints.
 */
import { open, rm, truncate, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RecordLine, RunKey, SavedRun } from '../../federation/served-run.ts'
import type { ServerStore } from '../../federation/server-store.ts'
import { makeFolder, syncFolder, writing, type Writer } from '../disk.ts'
import { RunError } from '../errors.ts'
import { FEDERATION, readIfThere } from '../run-folder.ts'
import { bytesAt, checkpointChunks, readCheckpoint, type Checkpoint } from './checkpoint-file.ts'
import { parseLine, lineText } from './record.ts'

/** A store in a run folder that can also forget a run. */
export interface DiskStore extends ServerStore {
  /** whether a checkpoint of the run is there */
  has(run: RunKey): Promise<boolean>
  /** Forgets the checkpoints of a run whose product is on disk; its record stays. */
  forget(run: RunKey): Promise<void>
  close(): Promise<void>
}

/** Where a copy of what is kept goes, beside that which `write` makes. */
export interface RecordCopy {
  /** lines are about to be appended to a record at `offset`, bytes: to be kept with the checkpoint that follows */
  lines(path: string, offset: number, content: Uint8Array): void
  /** a file is about to be removed */
  removed(path: string): Promise<void>
}

/** The record of the run under way, and where its next checkpoint goes. */
interface OpenRun {
  readonly record: string
  readonly file: FileHandle
  bytes: number
  /** paths of its checkpoints, the next one first */
  slots: readonly [string, string]
}

/**
 * The store of the run folder `path`.
 * @param write puts a file in place of another in one step
 * @param copy where there is one
 */
export function diskStore(path: string, write: Writer, copy?: RecordCopy): DiskStore {
  const folder = join(path, FEDERATION)
  const membersPath = join(folder, 'members.json')
  const recordPath = ({ variant, seed }: RunKey): string =>
    join(folder, 'records', `${variant}-${seed}.jsonl`)
  const slotsOf = ({ variant, seed }: RunKey): readonly [string, string] => [
    join(folder, 'checkpoints', `${variant}-${seed}.a.checkpoint`),
    join(folder, 'checkpoints', `${variant}-${seed}.b.checkpoint`),
  ]
  let current: OpenRun | null = null

  return {
    async members() {
      const text = await readIfThere(membersPath)
      return text === null ? [] : namesIn(text, membersPath)
    },
    keepMembers: (names) => write(membersPath, [new TextEncoder().encode(`${JSON.stringify(names)}\n`)]),
    async load(run) {
      const record = recordPath(run)
      const [first, second] = slotsOf(run)
      const saved = await newestOf([first, second], record)
      await current?.file.close()
      current = null
      const bytes = saved?.recordBytes ?? 0
      const slots = saved?.path === first ? ([second, first] as const) : ([first, second] as const)
      current = { record, file: await openRecord(record, bytes), bytes, slots }
      return saved
    },
    has: async (run) => {
      for (const slot of slotsOf(run)) if ((await readCheckpoint(slot)) !== null) return true
      return false
    },
    async save(run, lines, checkpoint) {
      if (current?.record !== recordPath(run)) throw new Error('diskStore: expected a run that was loaded')
      const text = new TextEncoder().encode(lines.map((line) => `${lineText(line)}\n`).join(''))
      copy?.lines(current.record, current.bytes, text)
      await append(current, text)
      current.bytes += text.length
      const [next, last] = current.slots
      await write(next, checkpointChunks(current.bytes, checkpoint))
      current.slots = [last, next]
    },
    async forget(run) {
      for (const slot of slotsOf(run)) {
        await copy?.removed(slot)
        await rm(slot, { force: true })
      }
    },
    async close() {
      await current?.file.close()
      current = null
    },
  }
}

/** @throws RunError where the text is not what a server writes */
function namesIn(text: string, path: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text)
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  } catch {
    // told below
  }
  throw new RunError(`${path} is damaged: put back a copy of it`)
}

/** Opens the record to append to it; what is beyond `bytes` is forgotten. @throws RunError where the disk is full or fails */
const openRecord = (path: string, bytes: number): Promise<FileHandle> =>
  writing(path, async () => {
    const folder = dirname(path)
    await makeFolder(folder)
    const file = await open(path, 'a')
    await truncate(path, bytes)
    // the lines of a record are synced; that there is such a file has to last as long
    for (const one of [folder, dirname(folder), dirname(dirname(folder))]) await syncFolder(one)
    return file
  })

/** @throws RunError where the disk is full or fails */
const append = ({ file, record }: OpenRun, text: Uint8Array): Promise<void> =>
  writing(record, async () => {
    await file.appendFile(text)
    await file.datasync()
  })

/** A checkpoint with the lines of the record up to it. */
type Saved = Checkpoint & SavedRun

/**
 * The newest checkpoint of a run. A damaged one stops the run, unless it was the older of the two: then the record ends where the other
 * one says.
 * @throws RunError naming what is damaged, and the last checkpoint that is not
 */
async function newestOf(slots: readonly string[], recordPath: string): Promise<Saved | null> {
  const found = await Promise.all(slots.map(async (path) => ({ path, state: await readCheckpoint(path) })))
  const whole = found
    .flatMap(({ state }) => (state === null || state === 'damaged' ? [] : [state]))
    .toSorted((one, other) => other.recordBytes - one.recordBytes)
  const damaged = found.find(({ state }) => state === 'damaged')?.path
  const [newest, older] = whole
  const record = (await bytesAt(recordPath)) ?? new Uint8Array(0)
  if (damaged !== undefined && newest?.recordBytes !== record.length)
    throw new RunError(`${damaged} is damaged: ${wayOut(damaged, newest, record)}`)
  if (newest === undefined) return null
  const lines = linesIn(record, newest)
  if (lines === null) throw new RunError(`${recordPath} is damaged: ${wayOut(newest.path, older, record)}`)
  return { ...newest, checkpoint: newest.content, lines }
}

/** What a person can do. @param last the newest checkpoint that is whole */
function wayOut(damaged: string, last: Checkpoint | undefined, record: Uint8Array): string {
  const line = last === undefined ? undefined : linesIn(record, last)?.at(-1)
  if (last === undefined || line === undefined)
    return `put back a copy of it, or remove ${damaged} to begin this run again`
  return `put back a copy of it; the last good checkpoint is ${last.path}, after round ${line.round + 1}, and to go on from it, with agents that were told of no later one: remove ${damaged}`
}

/** The lines up to a checkpoint; null where the record is damaged. */
function linesIn(record: Uint8Array, { recordBytes }: Checkpoint): readonly RecordLine[] | null {
  if (record.length < recordBytes) return null
  const text = new TextDecoder().decode(record.subarray(0, recordBytes))
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => parseLine(line))
  return lines.every((line) => line !== null) ? lines : null
}
