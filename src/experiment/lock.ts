/**
 * One process at a time writes a run folder. The lock is a file that names the process; when that process is gone, the lock is void.
 * It knows the processes of this machine only: a folder shared over a network must not be resumed from two machines at once.
 */
import { readFileSync } from 'node:fs'
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from './disk.ts'
import { InputError } from './errors.ts'

/** Name of the lock in a run folder. */
export const LOCK = 'lock'

/** A process, told apart from a later one that got the same number by its start time where the system tells it ('' elsewhere). */
interface Owner {
  readonly pid: number
  readonly started: string
}

/**
 * When a process started: field 22 of /proc/PID/stat, in clock ticks since the machine started. The name in field 2 may hold
 * anything but ends at the last ')'; a process that was killed but not yet waited for is in state Z and counts as gone.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? 'gone' : (fields[19] ?? '')
  } catch {
    return ''
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return false
  }
  return started === startOf(pid)
}

function parseOwner(text: string): Owner | null {
  try {
    const { pid = NaN, started } = JSON.parse(text) as Partial<Owner>
    const isPid = Number.isInteger(pid) && pid > 0 && pid < 0x80000000
    return isPid && typeof started === 'string' ? { pid, started } : null
  } catch {
    return null
  }
}

/**
 * Takes the lock of a folder, from a dead process if need be.
 * @param makeLink makes a hard link
 * @param inUse what a person is told of the process that holds it
 * @returns gives it back
 * @throws InputError when a living process holds it; the system's error when it cannot be written
 */
export async function lock(
  folder: string,
  makeLink = link,
  inUse = 'is writing this run; wait for it or stop it',
): Promise<() => Promise<void>> {
  const path = join(folder, LOCK)
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Owner)
  for (;;) {
    if (await place(path, own, makeLink)) {
      await sweep(folder)
      return () => rm(path, { force: true })
    }
    await breakStale(path, folder, makeLink, inUse)
  }
}

let asides = 0

/** Whether a file of this name lay beside a lock for a moment, and was left there when its process was killed. */
export const isAside = (name: string): boolean => ASIDE.test(name)

const ASIDE = /^lock-(\d+)-\d+$/

/** Removes what killed processes left beside the lock. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = Number(ASIDE.exec(name)?.[1] ?? process.pid)
    const started = startOf(pid)
    if (pid !== process.pid && (started === 'gone' || !isAlive({ pid, started })))
      await rm(join(folder, name), { force: true })
  }
}

/** A name beside the lock that nobody else uses. */
const asideOf = (path: string): string => `${path}-${process.pid}-${asides++}`

/** Creates the lock with its content; false when there is one. */
async function place(path: string, content: string, makeLink: typeof link): Promise<boolean> {
  try {
    if (!(await placeWhole(path, content, makeLink))) await writeFile(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return false
  }
}

/** What file systems without hard links answer (exFAT, some network shares). */
const LINKLESS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Creates the lock in one step, so that nobody sees it half written; false where the file system has no hard links. */
async function placeWhole(path: string, content: string, makeLink: typeof link): Promise<boolean> {
  const aside = asideOf(path)
  try {
    await writeFile(aside, content)
    await makeLink(aside, path)
    return true
  } catch (error) {
    if (LINKLESS.includes(systemCode(error) ?? '')) return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

/** Removes the lock of a dead process. */
async function breakStale(path: string, folder: string, makeLink: typeof link, inUse: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const owner = parseOwner(text)
  if (owner !== null && isAlive(owner)) {
    throw new InputError(folder, `process ${owner.pid} ${inUse}`)
  }
  // Two processes may find the same stale lock: whoever renames it removes it, and a fresh lock moved by mistake is put back.
  const aside = asideOf(path)
  try {
    await rename(path, aside)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    return
  }
  const moved = await readFile(aside, 'utf8')
  if (moved !== text) await place(path, moved, makeLink)
  await rm(aside)
}
