/**
 * How a server that begins makes its run folder and the mirror equal. The mirror counts, for whoever served last has written to it before
 * anything was promised. The folder counts where this folder was the one that was served last and the mirror has less: then the broker has
 * lost what it had acknowledged.
 */
import { createHash } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { MirrorChange, MirroredFile } from '../../transport/mirror.ts'
import { systemCode, type Writer } from '../disk.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { experimentText, manifestOf } from '../manifest.ts'
import { createRunFolder, FEDERATION, lockRunFolder, MODELS, PARTS, readIfThere, SUMMARY } from '../run-folder.ts'
import { bytesAt } from './checkpoint-file.ts'
import { isAhead, type Files } from './mirror-progress.ts'
import type { MirrorOptions } from './mirror.ts'

/** Whose a mirror is: a file of it alone. */
export const HEAD = 'head.json'

/** Name in the folder `federation` of a run: which server of the mirror this folder is that of. */
const LOCAL_HEAD = 'mirror.json'

/** What stands in {@link HEAD}. */
export interface Head {
  /** of the server that has it and of those before, newest first; new at each start of one */
  readonly sessions: readonly string[]
  /** SHA-256 of the experiment as agents hear of it */
  readonly run: string
  /** of the experiment */
  readonly name: string
  /** version of fedrl */
  readonly fedrl: string
  /** who serves it, for people */
  readonly holder: string
  /** `filling`: not all of the run is there yet */
  readonly state: 'filling' | 'running' | 'finished'
}

/** A folder and a mirror that are equal. */
export interface Agreed {
  /** of the server that may write from now on */
  readonly head: Head
  /** paths that the mirror has */
  readonly known: Set<string>
}

/** So many servers of a run are remembered. */
const MOST_SESSIONS = 100

const utf8 = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`)

/** The change that makes a mirror that of a server. */
export const headChange = (head: Head): MirrorChange => ({ type: 'file', path: HEAD, content: utf8(head) })

/** Notes in a run folder up to whom its history goes. */
export const writeLocalHead = (out: string, sessions: readonly string[], write: Writer): Promise<void> =>
  write(join(out, FEDERATION, LOCAL_HEAD), [utf8({ sessions })])

/**
 * Makes folder and mirror equal, and the mirror that of `head`.
 * @returns null where the folder holds the finished run, and nothing is to be mirrored
 * @throws MirrorTaken where somebody has written to the mirror meanwhile
 * @throws InputError where the two hold different runs
 */
export async function agree(
  experiment: Experiment,
  head: Head,
  options: MirrorOptions,
): Promise<Agreed | null> {
  const { mirror, out, isBegun } = options
  const there = await mirror.files()
  const before = await headIn(there)
  const sessions = isBegun ? await sessionsOf(out) : null
  const isOwn = before !== null && sessions?.includes(before.sessions[0] ?? '') === true
  if (isBegun && (await readIfThere(join(out, SUMMARY))) !== null) {
    if (isOwn && before.run === head.run) await mirror.write([headChange({ ...head, state: 'finished' })])
    return null
  }
  if (before === null || isReplaced(before, there, head)) {
    if (there.size > 0) await mirror.clear()
    if (isBegun) return fill(new Map(), since(head, sessions ?? []), options)
    await mirror.write([headChange(head)])
    return { head, known: new Set() }
  }
  check(before, head, isOwn)
  if (isOwn && (before.state === 'filling' || (await isAhead(await filesIn(out), there, experiment))))
    return fill(there, since(head, sessions ?? []), options)
  if (isBegun && sessions === null && (await hasMembers(out)))
    throw new InputError(
      '--out',
      `expected a new folder, or one that was served with --mirror, got ${out}: the mirror, served last by ${before.holder}, has another copy of this run`,
    )
  return restore(experiment, there, since(head, before.sessions), before, isOwn, options)
}

/** The head of a server whose run folder has the history of these sessions. */
const since = (head: Head, sessions: readonly string[]): Head => ({
  ...head,
  sessions: [...head.sessions, ...sessions].slice(0, MOST_SESSIONS),
})

/** Whether a mirror of another run may be forgotten: one that is finished, or in which nobody has joined yet. */
const isReplaced = (before: Head, there: Files, { run }: Head): boolean =>
  before.run !== run && (before.state === 'finished' || there.size === 1)

/** @throws InputError where the mirror cannot be carried on with */
function check(before: Head, { run, fedrl }: Head, isOwn: boolean): void {
  const complaint =
    before.run !== run
      ? `the broker holds an unfinished run of another experiment, ${before.name} (or of this one before it was changed): finish that one, or serve this one under another name, as in nats://host:4222/NAME`
      : before.fedrl !== fedrl
        ? `the run on the broker was begun by fedrl ${before.fedrl}, this is ${fedrl}`
        : before.state === 'filling' && !isOwn
          ? `the copy on the broker is not whole: start ${before.holder} again, which went down while it made it`
          : null
  if (complaint !== null) throw new InputError('--mirror', complaint)
}

async function headIn(there: Files): Promise<Head | null> {
  const file = there.get(HEAD)
  return file === undefined ? null : (JSON.parse(new TextDecoder().decode(await file.read())) as Head)
}

/** Whose a run folder is; null where it was served without a mirror. */
async function sessionsOf(out: string): Promise<readonly string[] | null> {
  const text = await readIfThere(join(out, FEDERATION, LOCAL_HEAD))
  if (text === null) return null
  try {
    return (JSON.parse(text) as { readonly sessions: readonly string[] }).sessions
  } catch {
    return []
  }
}

const hasMembers = async (out: string): Promise<boolean> =>
  (await readIfThere(join(out, FEDERATION, 'members.json'))) !== null

const RECORDS = `${FEDERATION}/records/`

/** The files of a run folder that a mirror has, '/' between their names. */
async function mirroredPaths(out: string): Promise<string[]> {
  const paths: string[] = []
  for (const folder of [FEDERATION, MODELS, PARTS])
    for (const entry of await entriesOf(join(out, folder)))
      if (entry.isFile()) paths.push(join(folder, entry.parentPath.slice(join(out, folder).length), entry.name).split(sep).join('/')) // prettier-ignore
  return paths.filter((path) => path !== `${FEDERATION}/${LOCAL_HEAD}`)
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

/** What a mirror would have of a run folder. */
async function filesIn(out: string): Promise<Files> {
  const files = (await mirroredPaths(out)).map(async (path): Promise<[string, MirroredFile]> => {
    const { size } = await stat(join(out, path))
    const read = async (): Promise<Uint8Array> => (await bytesAt(join(out, path))) ?? new Uint8Array(0)
    return [path, { bytes: size, sha256: null, read }]
  })
  return new Map(await Promise.all(files))
}

/** Whether a file of the mirror is the same as these bytes. */
async function isSame(file: MirroredFile | undefined, content: Uint8Array | null): Promise<boolean> {
  if (file === undefined || content?.length !== file.bytes) return false
  if (file.sha256 !== null) return file.sha256 === createHash('sha256').update(content).digest('hex')
  return Buffer.compare(await file.read(), content) === 0
}

/** Bytes of a record that are sent at once. */
const PIECE = 1024 * 1024

/** The changes that put a file of the run folder into the mirror. */
function* changesFor(path: string, content: Uint8Array): Generator<MirrorChange> {
  if (!path.startsWith(RECORDS)) yield { type: typeOf(path), path, content }
  else
    for (let offset = 0; offset < content.length; offset += PIECE)
      yield { type: 'lines', path, offset, content: content.subarray(offset, offset + PIECE) }
}

/** What a file of the run folder is to the mirror: models and parts are written once. */
export const typeOf = (path: string): 'product' | 'file' =>
  path.startsWith(`${FEDERATION}/`) ? 'file' : 'product'

/** Makes the mirror what the folder is. */
async function fill(
  there: Files,
  head: Head,
  { mirror, out, write, onNote }: MirrorOptions,
): Promise<Agreed> {
  await writeLocalHead(out, head.sessions, write)
  await mirror.write([headChange({ ...head, state: 'filling' })])
  const paths = await mirroredPaths(out)
  for (const path of paths) {
    const content = (await bytesAt(join(out, path))) ?? new Uint8Array(0)
    if (await isSame(there.get(path), content)) continue
    for (const change of changesFor(path, content)) await mirror.write([change])
  }
  const known = new Set(paths)
  for (const path of there.keys())
    if (path !== HEAD && !known.has(path)) await mirror.write([{ type: 'removed', path }])
  await mirror.write([headChange(head)])
  onNote('the broker had less of the run than this folder, and has it all now')
  return { head, known }
}

/** Makes the folder what the mirror is. */
async function restore(
  experiment: Experiment,
  there: Files,
  head: Head,
  before: Head,
  isOwn: boolean,
  { mirror, out, isBegun, write, onNote }: MirrorOptions,
): Promise<Agreed> {
  const release = isBegun ? await lockRunFolder(out) : await madeFolder(experiment, out, write)
  try {
    // what a server that was shut out tries from here on comes too late: what was read is all
    await mirror.write([headChange({ ...head, state: before.state })])
    if (!isOwn) await writeLocalHead(out, [], write)
    let changed = 0
    for (const [path, file] of there) {
      if (path === HEAD || (await isSame(file, await bytesAt(join(out, path))))) continue
      await write(join(out, path), [await file.read()])
      changed++
    }
    for (const path of await mirroredPaths(out))
      if (!there.has(path)) {
        await rm(join(out, path))
        changed++
      }
    if (changed > 0) onNote(`the run was brought back from the broker; it was served last by ${before.holder}`)
  } finally {
    await release()
  }
  return { head, known: new Set([...there.keys()].filter((path) => path !== HEAD)) }
}

async function madeFolder(experiment: Experiment, out: string, write: Writer): Promise<() => Promise<void>> {
  const manifest = await manifestOf(experiment, experimentText(experiment))
  return (await createRunFolder(experiment, manifest, write, out)).release
}
