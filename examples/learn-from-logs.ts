/** Two wards learn one table from their own records: each record stays with its agent, only changes of the table travel. */
import { createReadStream } from 'node:fs'
import { replayExperience } from 'fedrl/agent'
import { fedAsynQ } from 'fedrl/algorithm'
import { federate, localCohort } from 'fedrl/federation'
import { parseLog, type Log } from 'fedrl/mdp'
import type { QContract } from 'fedrl/protocol'

const shape = { states: 3, actions: 2 }

async function read(name: string): Promise<Log> {
  const parsed = await parseLog(createReadStream(new URL(name, import.meta.url)), shape)
  if (!parsed.ok) throw new Error(`${name}: ${parsed.issues[0]?.message}`)
  return parsed.value
}

// ward A knows treatment 0 only, ward B treatment 1 only
const logs = [await read('ward-a.csv'), await read('ward-b.csv')]

const contract: QContract = {
  ...shape,
  agents: logs.length,
  discount: 0.95,
  initial: 0,
  initialSeed: 1,
  valueRange: [-40, 0],
  terminal: null,
  stepSize: 0.02,
  averaging: 'importance',
  syncPeriod: 25,
  steps: 10_000,
}
const { learner, rule } = fedAsynQ(contract, (agent) => replayExperience(logs[agent] as Log, shape.actions))
const { table } = await federate(rule, localCohort(logs.map((_, agent) => learner(agent))))

for (const [state, name] of ['ill', 'better'].entries()) {
  const row = Array.from(table.subarray(2 * state, 2 * state + 2), (value) => value.toFixed(2))
  console.log(`${name}: treatment 0 is worth ${row[0]}, treatment 1 ${row[1]}`)
}
