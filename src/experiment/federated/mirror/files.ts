/** The files of a run folder that are mirrored: all but what is made of them at the end. */
import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { MirrorChange, MirroredFile } from '../../../transport/mirror.ts'
import { systemCode, TEMPORARY } from '../../disk.ts'
import { FEDERATION, MODELS, PARTS } from '../../run-folder.ts'
import { bytesAt } from '../checkpoint-file.ts'

/** Files by path, '/' between the names. */
export type Files = ReadonlyMap<string, MirroredFile>

/** Name in the folder `federation` of what says whose the folder is: the one file there that is not mirrored. */
export const LOCAL_HEAD = 'mirror.json'

const RECORDS = `${FEDERATION}/records/`

/** A name of which no path leads out of the run folder. */
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._=-]+$/

/** Whether a file of a run folder is mirrored, by its path there. */
export const isMirrored = (path: string): boolean =>
  path.split('/').every((name) => NAME.test(name)) &&
  [FEDERATION, MODELS, PARTS].some((folder) => path.startsWith(`${folder}/`)) &&
  path !== `${FEDERATION}/${LOCAL_HEAD}` &&
  !path.endsWith(TEMPORARY)

/** The paths of what a run folder has to be mirrored. */
export async function mirroredPaths(out: string): Promise<string[]> {
  const paths: string[] = []
  for (const folder of [FEDERATION, MODELS, PARTS])
    for (const entry of await entriesOf(join(out, folder)))
      if (entry.isFile()) paths.push(join(folder, entry.parentPath.slice(join(out, folder).length), entry.name).split(sep).join('/')) // prettier-ignore
  return paths.filter(isMirrored)
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
export async function filesIn(out: string): Promise<Files> {
  const files = (await mirroredPaths(out)).map(async (path): Promise<[string, MirroredFile]> => {
    const { size } = await stat(join(out, path))
    const read = async (): Promise<Uint8Array> => (await bytesAt(join(out, path))) ?? new Uint8Array(0)
    return [path, { bytes: size, sha256: null, read }]
  })
  return new Map(await Promise.all(files))
}

/** Whether a file of the mirror is the same as these bytes. */
export async function isSame(file: MirroredFile | undefined, content: Uint8Array | null): Promise<boolean> {
  if (file === undefined || content?.length !== file.bytes) return false
  if (file.sha256 !== null) return file.sha256 === createHash('sha256').update(content).digest('hex')
  return Buffer.compare(await file.read(), content) === 0
}

/** Bytes of a record that are sent at once. */
const PIECE = 1024 * 1024

/** The changes that put a file of the run folder into the mirror. */
export function* changesFor(path: string, content: Uint8Array): Generator<MirrorChange> {
  if (!path.startsWith(RECORDS)) yield { type: typeOf(path), path, content }
  else
    for (let offset = 0; offset < content.length; offset += PIECE)
      yield { type: 'lines', path, offset, content: content.subarray(offset, offset + PIECE) }
}

/** What a file of the run folder is to the mirror: models and parts are written once. */
export const typeOf = (path: string): 'product' | 'file' =>
  path.startsWith(`${FEDERATION}/`) ? 'file' : 'product'
