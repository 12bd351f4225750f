/** Checks of the machine that a server is to run on: versions, memory, clock, the disk under the run folder. */
import { access, constants, mkdtemp, open, rm, stat, statfs } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { blaming } from '../../experiment/disk.ts'
import { agentsOf, isPolicyGradient, type Experiment, type Settings } from '../../experiment/experiment.ts'
import { checkMemory } from '../../experiment/memory.ts'
import { describeBytes } from '../../experiment/progress.ts'
import { sizesOf } from '../../experiment/sizes.ts'
import { roundsOf } from '../../experiment/trial.ts'
import { version } from '../../experiment/version.ts'
import { PROTOCOL_VERSIONS } from '../../protocol/session-rules.ts'
import { fail, ok, warn, type Finding } from './check.ts'

/** The oldest Node that runs fedrl. */
const OLDEST_NODE = [20, 19] as const

/** Node, fedrl and the protocol. @param node version of Node: 20.19.1 */
export function checkVersions(node: string): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  const text = `Node ${node}, fedrl ${version}, protocol ${PROTOCOL_VERSIONS.lowest} to ${PROTOCOL_VERSIONS.highest}`
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  return isOld ? fail(`${text}: expected Node ${OLDEST_NODE.join('.')} or newer`) : ok(text)
}

/** Bytes of one Update and of the common table or parameters, about; null where the sizes are not known before a file is read. */
function tableBytes(settings: Settings): number | null {
  if (isPolicyGradient(settings)) return null
  const sizes = sizesOf(settings.environment)
  return sizes === null ? null : 8 * sizes.pairs
}

/** What a run and two Updates of each agent take. @throws InputError where the machine does not have it */
export function checkMemoryOf(experiment: Experiment): Finding {
  const bytes = checkMemory(experiment, 1)
  const updates = experiment.variants.map(
    ({ settings }) => 2 * agentsOf(settings) * 2 * (tableBytes(settings) ?? 0),
  )
  const needed = bytes + Math.max(0, ...updates)
  const text = `about ${describeBytes(needed)} of ${describeBytes(totalmem())}`
  return needed > totalmem() / 2 ? warn(`${text}: more than half`) : ok(text)
}

/** Alarms are looked at for so long, ms. */
const ALARM_MS = 20

/** The clock that deadlines are measured on, and the time of day, by which certificates are judged. */
export async function checkClock(now: Date): Promise<Finding> {
  const start = performance.now()
  await new Promise((ring) => setTimeout(ring, ALARM_MS))
  const waited = performance.now() - start
  if (!(waited >= ALARM_MS - 2))
    return fail(`an alarm after ${ALARM_MS} ms rang after ${waited.toFixed(1)} ms`)
  const { mtime } = await stat(fileURLToPath(import.meta.url))
  if (now < mtime)
    return fail(
      `the time of day is ${now.toISOString()}, before this fedrl was installed: certificates would be refused`,
    )
  return ok(`${now.toISOString()}; deadlines are measured on a clock that does not jump`)
}

/** Bytes of a report and its figures, about. */
const REPORT = 3e6

/** Bytes of what a server keeps, about: records with everybody, models, the last two checkpoints. */
export function keptBytes({ variants, seeds }: Experiment): number {
  const trials = variants.map(({ settings }) => {
    const phases = roundsOf(settings) * (settings.algorithm.name === 'fast-fedpg' ? 2 : 1)
    const table = tableBytes(settings) ?? 1e5
    const record = phases * (100 + 7 * agentsOf(settings))
    return record + 2 * table
  })
  const checkpoints = Math.max(
    ...variants.map(({ settings }) => checkpointBytes(tableBytes(settings) ?? 1e5)),
  )
  return checkpoints + seeds.length * trials.reduce((sum, bytes) => sum + bytes, 0)
}

/** Of two checkpoints while a third is written, with the Tasks that each remembers for agents; about. */
const checkpointBytes = (table: number): number => 8 * table + 2 * Math.min(4 * table, 65_536)

/** Bytes of a run folder, about: what is kept, report and figures. */
export const runFolderBytes = (experiment: Experiment): number => REPORT + keptBytes(experiment)

/** A disk that takes longer to write something down for good slows the rounds, s. */
const SLOW_SYNC = 0.05
/** It is tried so often. */
const SYNCS = 5

/** Room on the disk under the run folder, and how long it takes to write something down for good. */
export async function checkDisk(out: string, needed: number): Promise<Finding> {
  const place = await nearest(resolve(out))
  const { bavail, bsize } = await statfs(place)
  const free = bavail * bsize
  const seconds = await blaming('--out', place, 'a folder that can be written', () => syncSeconds(place))
  const text = `${describeBytes(free)} free under ${place}, about ${describeBytes(needed)} needed; a checkpoint takes about ${(1000 * seconds).toFixed(1)} ms`
  if (free < needed) return fail(text)
  if (free < 2 * needed) return warn(`${text}: it will be close`)
  return seconds > SLOW_SYNC ? warn(`${text}: the disk is slow, and no round is faster`) : ok(text)
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  try {
    await access(folder, constants.F_OK)
    return folder
  } catch {
    return dirname(folder) === folder ? folder : nearest(dirname(folder))
  }
}

/** Seconds that 64 KiB take until they are on disk; the median. */
async function syncSeconds(place: string): Promise<number> {
  const folder = await mkdtemp(join(place, '.fedrl-preflight-'))
  try {
    const seconds: number[] = []
    for (let i = 0; i < SYNCS; i++) {
      const start = performance.now()
      const file = await open(join(folder, String(i)), 'w')
      try {
        await file.writeFile(new Uint8Array(65_536))
        await file.sync()
      } finally {
        await file.close()
      }
      seconds.push((performance.now() - start) / 1000)
    }
    return seconds.toSorted((one, other) => one - other)[SYNCS >> 1] as number
  } finally {
    await rm(folder, { recursive: true })
  }
}
