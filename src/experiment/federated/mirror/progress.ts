/** Which of two copies of a run has come further. */
import type { Experiment } from '../../experiment.ts'
import { FEDERATION, PARTS } from '../../run-folder.ts'
import { checkpointIn } from '../checkpoint-file.ts'
import type { Files } from './files.ts'

/**
 * Whether one copy of a run has what another has not, both of them being of one history: then the other has lost something. A finished
 * trial counts more than all else; its checkpoints, which may be forgotten already, count nothing.
 */
export async function isAhead(one: Files, other: Files, experiment: Experiment): Promise<boolean> {
  const [parts, otherParts] = [partsOf(one), partsOf(other)]
  if (parts.size !== otherParts.size) return parts.size > otherParts.size
  const members = `${FEDERATION}/members.json`
  if ((one.get(members)?.bytes ?? 0) > (other.get(members)?.bytes ?? 0)) return true
  const [closed, otherClosed] = [await closedIn(one), await closedIn(other)]
  for (const [run, bytes] of closed)
    if (!parts.has(partOf(run, experiment)) && bytes > (otherClosed.get(run) ?? 0)) return true
  return false
}

const partsOf = (files: Files): ReadonlySet<string> =>
  new Set([...files.keys()].filter((path) => path.startsWith(`${PARTS}/`)))

/** Where the part of a run lies. @param run its variant by index, and its seed: 0-1 */
function partOf(run: string, { variants }: Experiment): string {
  const [variant, seed] = run.split('-')
  return `${PARTS}/${variants[Number(variant)]?.name}/${seed}.part`
}

const CHECKPOINT = new RegExp(`^${FEDERATION}/checkpoints/([0-9]+-[0-9]+)[.][ab][.]checkpoint$`)

/** By run: bytes of its record up to the newest checkpoint that is whole. */
async function closedIn(files: Files): Promise<ReadonlyMap<string, number>> {
  const closed = new Map<string, number>()
  for (const [path, file] of files) {
    const [, run] = CHECKPOINT.exec(path) ?? []
    if (run === undefined) continue
    const checkpoint = await file.read().then(checkpointIn, () => null)
    closed.set(run, Math.max(closed.get(run) ?? 0, checkpoint?.recordBytes ?? 0))
  }
  return closed
}
