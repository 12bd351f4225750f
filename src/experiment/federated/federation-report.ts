/** What a report says of a federation, from what the server kept: members, records, traffic. */
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { RecordLine } from '../../federation/served-run.ts'
import { systemCode } from '../disk.ts'
import { agentsOf, type Experiment } from '../experiment.ts'
import type { ReportAgent, ReportFederation } from '../report/input.ts'
import { FEDERATION } from '../run-folder.ts'
import { parseLine } from './record.ts'
import { readTraffic } from './traffic-file.ts'

/** More phases without somebody are counted, not listed. */
const MOST_GAPS = 50

/** The counts of an agent, as they grow. */
type Count = { -readonly [Key in 'folded' | 'late' | 'missed']: ReportAgent[Key] }

/** What the run folder says of its federation; null where the run was none. */
export async function federationReport(
  folder: string,
  experiment: Experiment,
): Promise<ReportFederation | null> {
  const traffic = await readTraffic(folder)
  if (traffic.length === 0) return null
  const agents = Math.max(...experiment.variants.map(({ settings }) => agentsOf(settings)))
  // who never came has no name
  const names = Array.from({ length: agents }, (_, agent) => traffic[agent]?.name ?? `agent ${agent}`)
  const records = await readRecords(folder, experiment, names)
  return {
    agents: names.map((name, agent) => ({
      name,
      ...(records.counts[agent] as Count),
      sessions: traffic[agent]?.sessions ?? 0,
      receivedBytes: traffic[agent]?.receivedBytes ?? 0,
      sentBytes: traffic[agent]?.sentBytes ?? 0,
      refused: traffic[agent]?.updates.refused ?? 0,
    })),
    runs: records.runs,
    gaps: records.gaps,
    moreGaps: records.moreGaps,
  }
}

/** What the records of all runs come to. @param names of the agents by index */
async function readRecords(folder: string, { variants, seeds }: Experiment, names: readonly string[]) {
  const counts: readonly Count[] = names.map(() => ({ folded: 0, late: 0, missed: 0 }))
  const runs: ReportFederation['runs'][number][] = []
  const gaps: ReportFederation['gaps'][number][] = []
  let moreGaps = 0
  for (const [variant, { name: variantName }] of variants.entries()) {
    for (const seed of seeds) {
      const run = `${variantName}, seed ${seed}`
      let [closed, partial] = [0, 0]
      for await (const line of linesOf(join(folder, FEDERATION, 'records', `${variant}-${seed}.jsonl`))) {
        closed++
        const gap = gapOf(line, names)
        count(counts, line)
        if (line.agents.length < names.length) partial++
        if (gap === null) continue
        if (gaps.length < MOST_GAPS) gaps.push({ run, ...gap })
        else moreGaps++
      }
      runs.push({ name: run, closed, partial })
    }
  }
  return { counts, runs, gaps, moreGaps }
}

function count(counts: readonly Count[], { agents, late }: RecordLine): void {
  const folded = new Set(agents)
  const lateOnes = new Set(late)
  for (const [agent, one] of counts.entries()) {
    if (folded.has(agent)) one.folded++
    else one.missed++
    if (lateOnes.has(agent)) one.late++
  }
}

/** Who was missing and who was late; null where nobody was. */
function gapOf(
  { round, phase, agents, late }: RecordLine,
  names: readonly string[],
): Omit<ReportFederation['gaps'][number], 'run'> | null {
  if (agents.length === names.length && late.length === 0) return null
  const folded = new Set(agents)
  return {
    round,
    phase,
    missing: names.filter((_, agent) => !folded.has(agent)),
    late: late.map((agent) => names[agent] ?? ''),
  }
}

/** The lines of a record; none where there is no such file. */
async function* linesOf(path: string): AsyncGenerator<RecordLine> {
  const file = await openIfThere(path)
  if (file === null) return
  for await (const text of file.readLines()) {
    const line = parseLine(text)
    if (line !== null) yield line
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}
