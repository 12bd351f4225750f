/** `federation/traffic.csv` of a run: what went between the server and each agent, through all restarts of the server. */
import { join } from 'node:path'
import type { AgentTraffic } from '../../federation/server/traffic.ts'
import type { Writer } from '../disk.ts'
import { FEDERATION, readIfThere } from '../run-folder.ts'

/** Name in the folder {@link FEDERATION}. */
const TRAFFIC = 'traffic.csv'

const HEADER = 'agent,name,sessions,received_bytes,sent_bytes,received,durable,duplicate,late,refused'

/** The counts of an agent, and its name. */
export interface NamedTraffic extends AgentTraffic {
  readonly name: string
}

/** Writes the counts of the agents, by index. */
export function writeTraffic(folder: string, agents: readonly NamedTraffic[], write: Writer): Promise<void> {
  const lines = agents.map(({ name, sessions, receivedBytes, sentBytes, updates }, agent) => {
    const { received, durable, duplicate, late, refused } = updates
    const counts = [sessions, receivedBytes, sentBytes, received, durable, duplicate, late, refused]
    return [agent, name, ...counts].join(',')
  })
  const text = `${[HEADER, ...lines].join('\n')}\n`
  return write(join(folder, FEDERATION, TRAFFIC), [new TextEncoder().encode(text)])
}

/** The counts of the agents of a run, by index; none where there is no such file, or another. */
export async function readTraffic(folder: string): Promise<readonly NamedTraffic[]> {
  const text = await readIfThere(join(folder, FEDERATION, TRAFFIC))
  const [header, ...lines] = (text ?? '').trimEnd().split('\n')
  return header === HEADER ? lines.map(parseLine) : []
}

/** What somebody else wrote there counts nothing. */
const countIn = (text: string): number => (/^\d+$/.test(text) ? Number(text) : 0)

function parseLine(line: string): NamedTraffic {
  const [, name = '', ...counts] = line.split(',')
  const [sessions = 0, receivedBytes = 0, sentBytes = 0, ...statuses] = counts.map(countIn)
  const [received = 0, durable = 0, duplicate = 0, late = 0, refused = 0] = statuses
  return {
    name,
    sessions,
    receivedBytes,
    sentBytes,
    updates: { received, durable, duplicate, late, refused },
  }
}
