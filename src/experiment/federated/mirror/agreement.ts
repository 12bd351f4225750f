/**
 * How a server that begins makes its run folder and the mirror equal. The mirror counts, for whoever served last has written to it before
 * anything was promised. The folder counts where this folder was the one that was served last and the mirror has less: then the broker has
 * lost what it had acknowledged.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mirror } from '../../../transport/mirror.ts'
import type { Writer } from '../../disk.ts'
import { InputError } from '../../errors.ts'
import type { Experiment } from '../../experiment.ts'
import { experimentText, manifestOf } from '../../manifest.ts'
import { createRunFolder, FEDERATION, lockRunFolder, readIfThere, SUMMARY } from '../../run-folder.ts'
import { bytesAt } from '../checkpoint-file.ts'
import { changesFor, filesIn, isMirrored, isSame, mirroredPaths, type Files } from './files.ts'
import { HEAD, headChange, headIn, sessionsOf, since, writeLocalHead, type Head } from './head.ts'
import { isAhead } from './progress.ts'

/** Which run is mirrored where. */
export interface MirrorOptions {
  readonly mirror: Mirror
  /** the run folder, absolute */
  readonly out: string
  /** whether the folder holds a run of this experiment */
  readonly isBegun: boolean
  /** SHA-256 of the experiment as agents hear of it */
  readonly run: string
  /** new at each start */
  readonly session: string
  readonly write: Writer
  readonly onNote: (line: string) => void
}

/** A folder and a mirror that are equal. */
export interface Agreed {
  /** of the server that may write from now on */
  readonly head: Head
  /** paths that the mirror has */
  readonly known: Set<string>
}

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
  expectOwnFiles(there)
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

/** @throws InputError where the mirror names a file that no run has: it would be written wherever it says */
function expectOwnFiles(there: Files): void {
  for (const path of there.keys())
    if (path !== HEAD && !isMirrored(path))
      throw new InputError('--mirror', `expected files of a run on the broker, got ${JSON.stringify(path)}`)
}

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

const hasMembers = async (out: string): Promise<boolean> =>
  (await readIfThere(join(out, FEDERATION, 'members.json'))) !== null

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
    if (changed > 0)
      onNote(`the run was brought back from the broker; it was served last by ${before.holder}`)
  } finally {
    await release()
  }
  return { head, known: new Set([...there.keys()].filter((path) => path !== HEAD)) }
}

async function madeFolder(experiment: Experiment, out: string, write: Writer): Promise<() => Promise<void>> {
  const manifest = await manifestOf(experiment, experimentText(experiment))
  return (await createRunFolder(experiment, manifest, write, out)).release
}
