/**
 * What a server keeps, in the run folder: `federation/members.json`, a record for each run (one line of JSON a phase, appended), and its
 * last two checkpoints.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordLine, RunKey, SavedRun } from '../../federation/served-run.ts'
import type { ServerStore } from '../../federation/server-store.ts'
import type { Writer } from '../disk.ts'
import { Damaged } from '../errors.ts'
import { FEDERATION, readIfThere } from '../run-folder.ts'
import {
  bytesAt,
  encodeCheckpoint,
  readCheckpoint,
  type CheckpointFile,
  type NumberedCheckpoint,
} from './checkpoint-file.ts'
import { CheckpointSlot } from './checkpoint-slot.ts'
import { parseLine, lineText } from './record.ts'
import { RecordFile } from './record-file.ts'

/** A store in a run folder that can also forget a run. */
export interface DiskStore extends ServerStore {
  /** @throws Damaged where what is kept of the run is not what was written, as `load` does */
  check(run: RunKey): Promise<void>
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
  /** this is about to be put in place of what is in the file, and not by `write` */
  checkpoint(path: string, content: Uint8Array): Promise<void>
  /** a file is about to be removed */
  removed(path: string): Promise<void>
}

/** The run under way. */
interface OpenRun {
  readonly record: RecordFile
  /** where its checkpoints go, the next one first */
  slots: readonly [CheckpointSlot, CheckpointSlot]
  /** of its next checkpoint */
  number: number
}

/** What is found of a run. */
interface Found {
  readonly saved: (Placed & SavedRun) | null
  /** the largest number that a checkpoint had */
  readonly highest: number
}

const NO_BYTES = new Uint8Array(0)

/**
 * The store of the run folder `path`.
 * @param write puts a file in place of another in one step
 * @param copy where there is one
 */
export function diskStore(path: string, write: Writer, copy?: RecordCopy): DiskStore {
  const files = filesOf(path)
  let current: OpenRun | null = null
  const release = async (): Promise<void> => {
    const [run, slots] = [current, current?.slots ?? []]
    current = null
    for (const slot of slots) await slot.close()
    await run?.record.close()
  }

  return {
    async members() {
      const text = await readIfThere(files.members)
      return text === null ? [] : namesIn(text, files.members)
    },
    keepMembers: (names) => write(files.members, [new TextEncoder().encode(`${JSON.stringify(names)}\n`)]),
    async load(run) {
      await release()
      const found = await newestOf(files.slots(run), files.record(run))
      current = await opened(files.slots(run), files.record(run), found, write, copy)
      return found.saved
    },
    check: async (run) => void (await newestOf(files.slots(run), files.record(run))),
    has: async (run) => (await readAll(files.slots(run))).length > 0,
    async save(run, lines, checkpoint) {
      if (current?.record.path !== files.record(run))
        throw new Error('diskStore: expected a run that was loaded')
      await put(current, lines, checkpoint, copy)
    },
    async forget(run) {
      if (current?.record.path === files.record(run)) await release()
      await keepRecord(files.slots(run), files.record(run))
      for (const slot of files.slots(run)) {
        await copy?.removed(slot)
        await rm(slot, { force: true })
      }
    },
    close: release,
  }
}

/** Where things lie in the run folder `path`. */
function filesOf(path: string) {
  const folder = join(path, FEDERATION)
  return {
    members: join(folder, 'members.json'),
    record: ({ variant, seed }: RunKey): string => join(folder, 'records', `${variant}-${seed}.jsonl`),
    slots: ({ variant, seed }: RunKey): readonly [string, string] => [
      join(folder, 'checkpoints', `${variant}-${seed}.a.checkpoint`),
      join(folder, 'checkpoints', `${variant}-${seed}.b.checkpoint`),
    ],
  }
}

/** Opens a run to go on from what was found of it: its next checkpoint goes over the older one. */
async function opened(
  [first, second]: readonly [string, string],
  recordPath: string,
  { saved, highest }: Found,
  write: Writer,
  copy: RecordCopy | undefined,
): Promise<OpenRun> {
  const { synced, tail } = saved ?? { synced: 0, tail: NO_BYTES }
  const record = await RecordFile.open(recordPath, { synced, tail })
  // it may not have had them
  if (tail.length > 0) copy?.lines(recordPath, synced, tail)
  const slotAt = (slot: string): CheckpointSlot =>
    new CheckpointSlot(slot, write, copy && ((file, content) => copy.checkpoint(file, content)))
  const isFirst = saved?.path !== first
  return {
    record,
    slots: isFirst ? [slotAt(first), slotAt(second)] : [slotAt(second), slotAt(first)],
    number: highest + 1,
  }
}

/** Appends to the record and writes the checkpoint after it. */
async function put(
  run: OpenRun,
  lines: readonly RecordLine[],
  checkpoint: Uint8Array,
  copy: RecordCopy | undefined,
): Promise<void> {
  const { record, slots, number } = run
  const text = new TextEncoder().encode(lines.map((line) => `${lineText(line)}\n`).join(''))
  copy?.lines(record.path, record.length, text)
  const before = await record.append(text)
  await slots[0].put(encodeCheckpoint(number, { ...before, content: checkpoint }))
  run.slots = [slots[1], slots[0]]
  run.number = number + 1
}

/** The names of the agents by index, in the text of `members.json`. @param path for the message @throws Damaged where it is not what a server writes */
export function namesIn(text: string, path: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text)
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  } catch {
    // told below
  }
  throw new Damaged(`${path} is damaged: put back a copy of it`)
}

/**
 * Makes sure that the last lines of the record of a run that is over are on disk: so far its checkpoints hold them. Where a crash has left
 * the older of the two alone, the record has more than that one says.
 */
async function keepRecord(slots: readonly string[], path: string): Promise<void> {
  const [newest] = newestFirst(await readAll(slots))
  if (newest === undefined) return
  const { synced, recordBytes, tail } = newest
  const record = (await bytesAt(path)) ?? NO_BYTES
  const isThere = Buffer.compare(record.subarray(synced, recordBytes), tail) === 0
  const file = await RecordFile.open(path, isThere ? { synced: record.length, tail: NO_BYTES } : newest)
  await file.sync()
  await file.close()
}

async function readAll(slots: readonly string[]): Promise<CheckpointFile[]> {
  const files = await Promise.all(slots.map((path) => readCheckpoint(path)))
  return files.filter((file) => file !== null)
}

/** A checkpoint that is whole, and where it lies. */
type Placed = NumberedCheckpoint & { readonly path: string }

/** The checkpoints that are whole. */
const newestFirst = (found: readonly CheckpointFile[]): Placed[] =>
  found
    .flatMap(({ path, state }) => (typeof state === 'string' ? [] : [{ path, ...state }]))
    .toSorted((one, other) => other.number - one.number)

/**
 * The newest checkpoint of a run. One whose writing was cut short was never promised, and does not count. A damaged one stops the run, unless
 * it was the older of the two: then the record ends where the other one says.
 * @throws Damaged naming what is damaged, and the last checkpoint that is not
 */
async function newestOf(slots: readonly string[], recordPath: string): Promise<Found> {
  const found = await readAll(slots)
  const highest = Math.max(0, ...found.map((file) => file.highest))
  const damaged = found.filter(({ state }) => state === 'damaged')
  const [newest, older] = newestFirst(found)
  const record = (await bytesAt(recordPath)) ?? NO_BYTES
  if (damaged.length > 0 && newest?.recordBytes !== record.length)
    throw new Damaged(`${faultsOf(damaged)}: ${wayOut(damaged.map(({ path }) => path), newest, record)}`) // prettier-ignore
  if (newest === undefined) return { saved: null, highest }
  const lines = linesIn(record, newest)
  if (lines === null)
    throw new Damaged(`${areDamaged([recordPath])}: ${wayOut([newest.path], older, record)}`)
  return { saved: { ...newest, checkpoint: newest.content, lines }, highest }
}

/** What is wrong with checkpoints that are damaged or cannot be read. */
const faultsOf = (files: readonly CheckpointFile[]): string =>
  files.every(({ unreadable }) => unreadable === undefined)
    ? areDamaged(files.map(({ path }) => path))
    : files
        .map(({ path, unreadable }) =>
          unreadable === undefined ? areDamaged([path]) : `${path} cannot be read, ${unreadable}`,
        )
        .join(' and ')

const areDamaged = (paths: readonly string[]): string =>
  `${paths.join(' and ')} ${paths.length === 1 ? 'is' : 'are'} damaged`

/** What a person can do. @param unfit checkpoints that cannot be gone on from @param last the newest one that can */
function wayOut(unfit: readonly string[], last: Placed | undefined, record: Uint8Array): string {
  const line = last === undefined ? undefined : linesIn(record, last)?.at(-1)
  const copy = unfit.length === 1 ? 'put back a copy of it' : 'put back a copy of one'
  if (last === undefined || line === undefined) {
    const all = last === undefined ? unfit : [...unfit, last.path]
    return `${copy}, or remove ${all.join(' and ')} to begin this run again, for which each agent has to join with a new --state`
  }
  return `${copy}; the last good checkpoint is ${last.path}, after round ${line.round + 1}, and to go on from it, with agents that were told of no later one: remove ${unfit.join(' and ')}`
}

/** The lines up to a checkpoint; null where the record is damaged. */
function linesIn(record: Uint8Array, { synced, tail }: NumberedCheckpoint): readonly RecordLine[] | null {
  if (record.length < synced) return null
  const decoder = new TextDecoder()
  const text = decoder.decode(record.subarray(0, synced)) + decoder.decode(tail)
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => parseLine(line))
  return lines.every((line) => line !== null) ? lines : null
}
