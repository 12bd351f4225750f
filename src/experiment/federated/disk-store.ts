/**
 * What a server keeps, in the run folder: `federation/members.json`, a record for each run (one line of JSON a phase, appended), and its
 * newest checkpoint, which says how much of the record belongs to it.
 */
import { open, readFile, rm, truncate, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { RecordLine, RunKey, SavedRun } from '../../federation/served-run.ts'
import type { ServerStore } from '../../federation/server-store.ts'
import { makeFolder, systemCode, systemReason, type Writer } from '../disk.ts'
import { RunError } from '../errors.ts'
import { FEDERATION, readIfThere } from '../run-folder.ts'
import { parseLine, lineText } from './record.ts'

const MAGIC = 0x43524446 // "FDRC"

/** u32 magic, u32 CRC-32 of all that follows, f64 bytes of the record, the checkpoint. Little-endian. */
const HEADER = 16

/** A store in a run folder that can also forget a run. */
export interface DiskStore extends ServerStore {
  /** whether a checkpoint of the run is there */
  has(run: RunKey): Promise<boolean>
  /** Forgets the checkpoint of a run whose product is on disk; its record stays. */
  forget(run: RunKey): Promise<void>
  close(): Promise<void>
}

/**
 * The store of the run folder `path`.
 * @param write puts a file in place of another in one step
 */
export function diskStore(path: string, write: Writer): DiskStore {
  const folder = join(path, FEDERATION)
  const membersPath = join(folder, 'members.json')
  const recordPath = ({ variant, seed }: RunKey): string =>
    join(folder, 'records', `${variant}-${seed}.jsonl`)
  const checkpointPath = ({ variant, seed }: RunKey): string =>
    join(folder, 'checkpoints', `${variant}-${seed}.checkpoint`)
  let record: { readonly path: string; readonly file: FileHandle; bytes: number } | null = null

  const openRecord = async (run: RunKey, bytes: number): Promise<void> => {
    await record?.file.close()
    record = null
    const at = recordPath(run)
    await makeFolder(dirname(at))
    const file = await open(at, 'a')
    await truncate(at, bytes)
    record = { path: at, file, bytes }
  }

  return {
    async members() {
      const text = await readIfThere(membersPath)
      return text === null ? [] : (JSON.parse(text) as string[])
    },
    keepMembers: (names) => write(membersPath, [new TextEncoder().encode(`${JSON.stringify(names)}\n`)]),
    async load(run) {
      const bytes = await readBytes(checkpointPath(run))
      const saved = bytes === null ? null : await readSaved(bytes, checkpointPath(run), recordPath(run))
      await openRecord(run, saved?.bytes ?? 0)
      return saved
    },
    has: async (run) => (await readBytes(checkpointPath(run))) !== null,
    async save(run, lines, checkpoint) {
      if (record?.path !== recordPath(run)) throw new Error('diskStore: expected a run that was loaded')
      const text = new TextEncoder().encode(lines.map((line) => `${lineText(line)}\n`).join(''))
      await telling(
        record.path,
        async (file) => {
          await file.appendFile(text)
          await file.datasync()
        },
        record.file,
      )
      record.bytes += text.length
      await write(checkpointPath(run), [headerOf(record.bytes, checkpoint), checkpoint])
    },
    forget: (run) => rm(checkpointPath(run), { force: true }),
    async close() {
      await record?.file.close()
      record = null
    },
  }
}

/** Does something to a file; a full disk is told as such. */
async function telling(
  path: string,
  action: (file: FileHandle) => Promise<void>,
  file: FileHandle,
): Promise<void> {
  try {
    await action(file)
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    throw new RunError(`cannot write ${path}: ${systemReason(code)}`, { cause: error })
  }
}

async function readBytes(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

function headerOf(recordBytes: number, checkpoint: Uint8Array): Uint8Array {
  const header = new Uint8Array(HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(0, MAGIC, true)
  view.setFloat64(8, recordBytes, true)
  view.setUint32(4, crc32(checkpoint, crc32(header.subarray(8))), true)
  return header
}

/** @throws RunError naming what is damaged */
async function readSaved(
  bytes: Uint8Array,
  checkpointPath: string,
  recordPath: string,
): Promise<SavedRun & { readonly bytes: number }> {
  const view = new DataView(bytes.buffer)
  const whole =
    bytes.length >= HEADER &&
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === crc32(bytes.subarray(8))
  if (!whole)
    throw new RunError(
      `${checkpointPath} is damaged: put back a copy of it, or remove it to begin this run again`,
    )
  const length = view.getFloat64(8, true)
  const record = (await readBytes(recordPath)) ?? new Uint8Array(0)
  const text = new TextDecoder().decode(record.subarray(0, length))
  const lines = text.split('\n').slice(0, -1).map(parseLine)
  if (record.length < length || lines.some((line) => line === null))
    throw new RunError(
      `${recordPath} is damaged: put back a copy of it, or remove ${checkpointPath} to begin this run again`,
    )
  return { checkpoint: bytes.slice(HEADER), lines: lines as RecordLine[], bytes: length }
}
