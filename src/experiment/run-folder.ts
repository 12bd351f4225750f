/**
 * The folder of a run, from before the first trial to after the last. While a run is unfinished, `parts/` holds what its finished
 * trials measured; `summary.json`, written last, means that the run is finished.
 */
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { blaming, makeFolder, systemCode, TEMPORARY, type Writer } from './disk.ts'
import { InputError } from './errors.ts'
import type { Experiment } from './experiment.ts'
import { isAside, LOCK, lock } from './lock.ts'
import { experimentText, manifestText, parseManifest, type Manifest } from './manifest.ts'
import { parseSummary, type Summary } from './summary.ts'

/** Names in a run folder. */
export const EXPERIMENT = 'experiment.yaml'
export const MANIFEST = 'run.json'
export const ROWS = 'rows.csv'
export const SUMMARY = 'summary.json'
export const MODELS = 'models'
export const PARTS = 'parts'
/** what the server of a federation keeps: members, records, checkpoints */
export const FEDERATION = 'federation'

/** A run folder that this process may write. */
export interface RunFolder {
  /** absolute */
  readonly path: string
  readonly manifest: Manifest
  /** made by this process, not resumed */
  readonly isNew: boolean
  /** the outermost folder that was made for it, absolute; null or missing where all were there */
  readonly made?: string | null
  /** gives up the right to write */
  readonly release: () => Promise<void>
}

/** A file's text, or null where there is none. */
export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

const utf8 = (text: string): [Uint8Array] => [new TextEncoder().encode(text)]

/** What `--out` should have been. */
const WRITABLE = 'a folder that can be written'

/** Entries of a folder whose run was killed before its `run.json` was there: the lock was the first. */
const BEGINNINGS = new Set([LOCK, EXPERIMENT, EXPERIMENT + TEMPORARY, MANIFEST + TEMPORARY])

const isFree = (entries: readonly string[]): boolean =>
  entries.every((name) => BEGINNINGS.has(name) || isAside(name)) &&
  (entries.length === 0 || entries.includes(LOCK) || entries.some(isAside))

/** A folder for a run, and the outermost one that was made for it. */
type Claimed = Required<Pick<RunFolder, 'path' | 'made'>>

/** Makes the folder `out`, which must be new or empty. */
async function claim(out: string): Promise<Claimed> {
  const path = resolve(out)
  const made = await blaming('--out', out, WRITABLE, () => makeFolder(path))
  const entries = await blaming('--out', out, 'a folder that can be read', () => readdir(path))
  if (entries.includes(MANIFEST)) {
    throw new InputError(
      '--out',
      `expected an empty folder, got ${out}, which holds a run; to finish it: fedrl run --resume ${out}`,
    )
  }
  if (!isFree(entries))
    throw new InputError('--out', `expected an empty folder, got ${out} with ${entries.length} entries`)
  return { path, made }
}

/** 2026-11-21T22:35:52.123Z -> 20261121-223552 */
const stamp = (now: Date): string =>
  now.toISOString().replace(/\..*/, '').replace(/[-:]/g, '').replace('T', '-')

/** Makes a folder; false where something has that name. */
async function makeNew(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** The folder of all runs with a name that were told no folder, absolute. */
const folderOfRuns = (name: string): string =>
  resolve('runs', name.replace(/[^A-Za-z0-9._=-]/g, '-').replace(/^\.+/, '') || 'run')

/** The how-manieth id of a time, from 1: the time, with a counter where that is taken. */
const idOf = (now: Date, count: number): string => (count === 1 ? stamp(now) : `${stamp(now)}-${count}`)

/** A folder `runs/<name>/<id>` that is not there, relative: where a run would go that is told no folder. */
export async function freeRunFolder(name: string, now: Date): Promise<string> {
  const parent = folderOfRuns(name)
  const taken = new Set(await readdir(parent).catch(() => []))
  let count = 1
  while (taken.has(idOf(now, count))) count++
  return relative('.', join(parent, idOf(now, count)))
}

/** Makes a new folder `runs/<name>/<id>`. */
async function claimNew(name: string, now: Date): Promise<Claimed> {
  const parent = folderOfRuns(name)
  const made = await blaming('--out', parent, WRITABLE, () => makeFolder(parent))
  for (let count = 1; ; count++) {
    const path = join(parent, idOf(now, count))
    const isNew = await blaming('--out', path, WRITABLE, () => makeNew(path))
    if (isNew) return { path, made: made ?? path }
  }
}

/**
 * Begins a run: a folder with `experiment.yaml` and `run.json`.
 * @param out the folder itself; without it, a new one below `runs/`
 * @throws InputError when the folder is not empty or cannot be written
 */
export async function createRunFolder(
  experiment: Experiment,
  manifest: Manifest,
  write: Writer,
  out?: string,
): Promise<RunFolder> {
  const { path, made } = out === undefined ? await claimNew(experiment.name, new Date()) : await claim(out)
  const release = await blaming('--out', path, WRITABLE, () => lock(path))
  const folder: RunFolder = { path, manifest, isNew: true, made, release }
  try {
    await write(join(path, EXPERIMENT), utf8(experimentText(experiment)))
    await write(join(path, MANIFEST), utf8(manifestText(manifest)))
  } catch (error) {
    await discardRunFolder(folder)
    throw error
  }
  return folder
}

/**
 * Takes the right to write an old run.
 * @returns gives it back
 * @throws InputError when another process has it or the folder cannot be written
 */
export const lockRunFolder = (path: string): Promise<() => Promise<void>> =>
  blaming(path, path, WRITABLE, () => lock(path))

/** Undoes {@link createRunFolder}: removes what it wrote, and the folders it made if nothing else is in them. */
export async function discardRunFolder({ path, made, release }: RunFolder): Promise<void> {
  for (const name of [MANIFEST, EXPERIMENT, MODELS, PARTS, FEDERATION])
    await rm(join(path, name), { recursive: true, force: true })
  await release()
  await removeEmpty(path, made ?? path)
}

/** Removes a folder and those above it, up to and with `outermost`, as far as they are empty. */
async function removeEmpty(folder: string, outermost: string): Promise<void> {
  const emptied = await rmdir(folder).then(
    () => true,
    () => false,
  )
  if (emptied && folder !== outermost) await removeEmpty(dirname(folder), outermost)
}

/** What a folder says of itself, read without a lock. */
export interface RunState {
  /** as given */
  readonly path: string
  readonly manifest: Manifest
  /** null while the run is unfinished */
  readonly summary: Summary | null
}

/**
 * Reads the state of a run.
 * @throws InputError where the folder holds no run, or its files are not what was written
 */
export async function readRun(path: string): Promise<RunState> {
  const text = await readIfThere(join(path, MANIFEST))
  if (text === null) throw await notARun(path)
  const manifest = parseManifest(text)
  if (manifest === null)
    throw new InputError(
      join(path, MANIFEST),
      'expected what fedrl wrote at the beginning of the run, got something else',
    )
  return { path, manifest, summary: await readSummary(path) }
}

/** Whether a run is that of a federation: then only its server can finish it. */
export const isFederation = async (path: string): Promise<boolean> =>
  (await readIfThere(join(path, FEDERATION, 'members.json'))) !== null

async function readSummary(path: string): Promise<Summary | null> {
  const text = await readIfThere(join(path, SUMMARY))
  if (text === null) return null
  const summary = parseSummary(text)
  if (summary !== null) return summary
  throw new InputError(
    join(path, SUMMARY),
    'expected what fedrl wrote at the end of the run, got something else',
  )
}

async function notARun(path: string): Promise<InputError> {
  const entries = await readdir(path).catch(() => null)
  if (entries === null) return new InputError(path, 'expected the folder of a run, got no such folder')
  const again = 'stopped before it began; to begin again: fedrl run FILE --out ' + path
  return new InputError(
    path,
    entries.length > 0 && isFree(entries)
      ? again
      : `expected the folder of a run, got one without ${MANIFEST}`,
  )
}
