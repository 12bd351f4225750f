/** What happened in random worlds, with deadlines, departures, late Updates and crashes, can be repeated from its record through bytes. */
import { describe, expect, it } from 'vitest'
import { disturbed } from '../../test/disturbed-world.ts'
import { randomMdp, randomPolicies } from '../../test/random-problems.ts'
import { agentMdps, contractOf as pgContractOf } from '../../test/zhu-problem.ts'
import { exactOracle } from '../agent/gradient-oracle/exact.ts'
import type { GradientOracle } from '../agent/gradient-oracle.ts'
import { walkExperience } from '../agent/experience/walk.ts'
import type { Algorithm } from '../algorithm/algorithm.ts'
import { fedAsynQ } from '../algorithm/fed-asyn-q.ts'
import { policyGradient } from '../algorithm/policy-gradient.ts'
import { decodePgTask, decodePgUpdate, encodePgUpdate, pgTaskFrame } from '../protocol/pg-codec.ts'
import { decodeTask, decodeUpdate, encodeUpdate, taskFrame } from '../protocol/q-codec.ts'
import type { QContract } from '../protocol/q-contract.ts'
import { rebasePg, rebaseQ } from '../server/round-machine/rebase.ts'
import { agentRun, type AgentRunParts } from './agent-run.ts'
import { firstDifference, repeatRun } from './repeat.ts'
import type { ServedRun } from './served-run.ts'

const AGENTS = 4
const PARTICIPATION = { minimum: 2, fraction: 0.5, deadlineSeconds: 1, late: 'foldNextRound' } as const

/** Repeats what happened in worlds of these seeds. */
async function checkRepeats<Own, Server, Task, Update extends { readonly agent: number }>(
  algorithm: Algorithm<Own, Server, Task, Update>,
  run: ServedRun<Server, Task, Update>,
  codec: Pick<AgentRunParts<Own, Task, Update>, 'decodeTask' | 'encodeUpdate'>,
): Promise<{ readonly partial: number; readonly late: number }> {
  let [partial, late] = [0, 0]
  for (let seed = 1; seed <= 25; seed++) {
    const learners = Array.from({ length: AGENTS }, (_, agent) => algorithm.learner(agent))
    const world = disturbed(algorithm, learners, run.settings, seed)
    partial += world.record.filter(({ agents }) => agents.length < AGENTS).length
    late += world.record.filter((phase) => phase.late.length > 0).length
    const record = world.record.map((phase) => ({ ...phase, measured: [] }))
    const repeated = await repeatRun(run, record, (agent) =>
      Promise.resolve(agentRun({ phases: run.settings.phases, learner: algorithm.learner(agent), ...codec })),
    )
    expect(repeated.state).toEqual(world.state.rule)
  }
  return { partial, late }
}

const mdp = randomMdp(4, 6, 3, 0.9, 1)
const { tables, of } = randomPolicies(4, mdp, AGENTS)
const contract: QContract = {
  states: 6,
  actions: 3,
  agents: AGENTS,
  discount: 0.9,
  stepSize: 0.3,
  averaging: 'importance',
  syncPeriod: 7,
  steps: 95,
  initial: 'perAgent',
  initialSeed: 3,
  valueRange: [0, 10],
  terminal: mdp.terminal,
}
const shape = { entries: 18, agents: AGENTS, steps: 7, averaging: 'importance' } as const
const q = fedAsynQ(contract, (agent) =>
  walkExperience(mdp, tables[of[agent] as number] as Float64Array, mdp.initial, 3, agent),
)
const qRun: ServedRun<
  ReturnType<typeof q.rule.init>,
  Parameters<typeof taskFrame>[0],
  Parameters<typeof encodeUpdate>[0]
> = {
  variant: 0,
  seed: 3,
  rule: q.rule,
  settings: { agents: AGENTS, phases: 1, participation: PARTICIPATION, rebase: rebaseQ },
  taskFrame,
  decodeUpdate: (frame) => decodeUpdate(frame, shape),
  issuesOf: () => [],
  measure: ({ table }) => [['first', table[0] as number]],
}
const qCodec = { decodeTask: (frame: Uint8Array) => decodeTask(frame, shape), encodeUpdate }

describe('a repeated run ends in the same state', () => {
  it('fed-asyn-q, with late Updates that were folded', async () => {
    const { partial, late } = await checkRepeats(q, qRun, qCodec)
    expect([partial > 50, late > 20]).toEqual([true, true])
  })

  it.each(['fedpg', 'scaffold', 'fast-fedpg'] as const)('%s', async (name) => {
    const pg = { ...pgContractOf({ agents: AGENTS, rounds: 12, localSteps: 3 }), algorithm: name }
    const oracles = agentMdps.map((one) => exactOracle(one, 0))
    const algorithm = policyGradient(pg, (agent) => oracles[agent] as GradientOracle<null>)
    const phases = algorithm.phases.length
    const { partial } = await checkRepeats(
      algorithm,
      {
        variant: 0,
        seed: 1,
        rule: algorithm.rule,
        settings: { agents: AGENTS, phases, participation: PARTICIPATION, rebase: rebasePg(pg) },
        taskFrame: pgTaskFrame,
        decodeUpdate: (frame) => decodePgUpdate(frame, pg),
        issuesOf: () => [],
        measure: () => [],
      },
      { decodeTask: (frame) => decodePgTask(frame, pg), encodeUpdate: encodePgUpdate },
    )
    expect(partial).toBeGreaterThan(50)
  })
})

describe('the first difference', () => {
  const everybody = Array.from({ length: 14 }, (_, round) => ({
    round,
    phase: 0,
    agents: [0, 1, 2, 3],
    late: [],
    measured: [],
  }))
  const repeat = (record: Parameters<typeof repeatRun>[1]) =>
    repeatRun(qRun, record, (agent) =>
      Promise.resolve(agentRun({ phases: 1, learner: q.learner(agent), ...qCodec })),
    )

  it('is the round in which something measured differs, and none where all is the same', async () => {
    const { measured } = await repeat(everybody)
    expect(firstDifference(measured, (await repeat(everybody)).measured)).toBe(null)
    const less = everybody.with(5, { ...everybody[5], agents: [0, 2] } as (typeof everybody)[number])
    expect(firstDifference(measured, (await repeat(less)).measured)?.round).toBe(5)
  })

  it('a record that goes on after the end of the run is none of it', async () => {
    await expect(repeat([...everybody, ...everybody.slice(0, 1)])).rejects.toThrow('replay: round 0')
  })
})
