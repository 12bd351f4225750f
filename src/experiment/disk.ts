/** Files that are either the old ones or the new ones, whole, whatever happens in between; and what a failing disk means. */
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InputError, RunError } from './errors.ts'

/** The content of a file, in pieces. */
export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** Puts `chunks` at `path`; when it resolves, the file survives a crash, and before that `path` is as it was. */
export type Writer = (path: string, chunks: Chunks) => Promise<void>

/** Everybody may read and write, but for what the process masks. */
const USUAL_MODE = 0o666

/** Ending of a file that is still being written. */
export const TEMPORARY = '.tmp'

/**
 * The usual {@link Writer}: a temporary file beside `path`, synced, renamed over it, and the folder synced. Makes missing folders.
 * @param mode permissions of the file, less those that the process masks
 * @throws the system's error (`code` ENOSPC, EACCES, ...)
 */
export async function writeAtomically(path: string, chunks: Chunks, mode = USUAL_MODE): Promise<void> {
  try {
    await writeAndSync(path + TEMPORARY, chunks, mode)
    await rename(path + TEMPORARY, path)
  } catch (error) {
    // on a full disk, what was written so far is in the way
    await rm(path + TEMPORARY, { force: true }).catch(() => undefined)
    throw error
  }
  await syncFolder(dirname(path))
}

/**
 * Makes a folder and those above it that are missing. Node's own recursive `mkdir` never ends where the system answers ENOENT below a
 * folder that exists, as in /proc.
 * @returns the outermost folder that was made, absolute; null where all were there
 * @throws the system's error; EEXIST where a file is in the way
 */
export async function makeFolder(folder: string): Promise<string | null> {
  const path = resolve(folder)
  try {
    return (await isMade(path)) ? path : null
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error
  }
  const outermost = await makeFolder(dirname(path))
  return (await isMade(path)) ? (outermost ?? path) : outermost
}

/** Makes one folder; false where it is there already. */
async function isMade(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    // of a folder that exists, systems say EEXIST, EISDIR or, of the root, EROFS
    const info = await stat(path).catch(() => null)
    if (info?.isDirectory() === true) return false
    throw error
  }
}

async function writeAndSync(path: string, chunks: Chunks, mode: number): Promise<void> {
  const file = await openNew(path, mode)
  try {
    // a file of this name that was left there keeps its own permissions
    if (mode !== USUAL_MODE) await file.chmod(mode)
    for await (const chunk of chunks) await file.writeFile(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Opens a file to write it. Mostly its folder is there: it is made when that turns out to be wrong. */
async function openNew(path: string, mode: number): Promise<FileHandle> {
  try {
    return await open(path, 'w', mode)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
  await makeFolder(dirname(path))
  return open(path, 'w', mode)
}

/** Syncs of folders that have not begun: they will hold all that was renamed before they do. */
const dueSyncs = new Map<string, Promise<void>>()
/** The last sync of each folder that has begun. */
const lastSyncs = new Map<string, Promise<void>>()

/** Syncs a folder. Who asks while a sync is under way shares the next one, so that many files written at once take few. */
export function syncFolder(folder: string): Promise<void> {
  const due = dueSyncs.get(folder)
  if (due !== undefined) return due
  const before = lastSyncs.get(folder) ?? Promise.resolve()
  const sync = before
    .catch(() => undefined)
    .then(() => {
      dueSyncs.delete(folder)
      lastSyncs.set(folder, sync)
      return syncNow(folder)
    })
    .finally(() => {
      if (lastSyncs.get(folder) === sync) lastSyncs.delete(folder)
    })
  dueSyncs.set(folder, sync)
  return sync
}

/** A folder cannot be opened for syncing on Windows, where a rename is durable by itself. */
async function syncNow(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than is allowed',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EIO: 'the device failed',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder',
  EEXIST: 'a file is in the way',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
}

/** The `code` of an error of the operating system, or undefined for any other thing thrown. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error || 'errno' in error))
    return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Why the system refused, in words: 'no space left on the device (ENOSPC)'. */
export function systemReason(code: string): string {
  const reason = REASONS[code]
  return reason === undefined ? code : `${reason} (${code})`
}

/** Whether the disk is at fault, and not the path. */
const ofDisk = (code: string): boolean => ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].includes(code)

/**
 * Runs `action` on a path that the user gave.
 * @param place what gave the path: a flag or the path itself
 * @param expected what the path should have been: 'a folder that can be written'
 * @throws InputError when the system refuses the path, RunError when the disk is full or fails
 */
export async function blaming<T>(
  place: string,
  path: string,
  expected: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    if (ofDisk(code)) throw new RunError(`cannot write ${path}: ${systemReason(code)}`, { cause: error })
    throw new InputError(place, `expected ${expected}, got ${path}: ${systemReason(code)}`)
  }
}

/** Writes to a path of the program's own choice. @throws RunError naming the path and the reason, where the system refuses it */
export async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    throw new RunError(`cannot write ${path}: ${systemReason(code)}`, { cause: error })
  }
}

/** `write` as {@link writing}. */
export const guarded =
  (write: Writer): Writer =>
  (path, chunks) =>
    writing(path, () => write(path, chunks))
