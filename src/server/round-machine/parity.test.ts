/** With everybody taking part the round machine gives the bits of the simulation, for real rules and learners, whatever happens on the way. */
import { describe, expect, it } from 'vitest'
import { disturbed } from '../../../test/disturbed-world.ts'
import { randomMdp, randomPolicies } from '../../../test/random-problems.ts'
import { agentMdps, contractOf as pgContractOf } from '../../../test/zhu-problem.ts'
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import { exactOracle } from '../../agent/gradient-oracle/exact.ts'
import { walkExperience } from '../../agent/experience/walk.ts'
import type { Learner } from '../../agent/learner.ts'
import type { Algorithm } from '../../algorithm/algorithm.ts'
import { fedAsynQ } from '../../algorithm/fed-asyn-q.ts'
import { policyGradient } from '../../algorithm/policy-gradient.ts'
import { localCohort } from '../../federation/cohort/local.ts'
import { federate } from '../../federation/loop.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { Rebase } from '../round-machine.ts'
import { rebasePg, rebaseQ } from './rebase.ts'
import { replay } from './replay.ts'

/** Checks an algorithm with everybody taking part, and with some. */
async function checkParity<Own, Server, Task, Update>(
  algorithm: Algorithm<Own, Server, Task, Update>,
  settings: { readonly agents: number; readonly phases: number; readonly rebase: Rebase<Task, Update> },
): Promise<void> {
  const learners = Array.from({ length: settings.agents }, (_, agent) => algorithm.learner(agent))
  const simulated = await federate(algorithm.rule, localCohort(learners))
  const everybody = disturbed(algorithm, learners, { ...settings, participation: {} }, 5)
  expect(everybody.state.rule).toEqual(simulated)

  const participation = { minimum: 2, fraction: 0.5, deadlineSeconds: 1, late: 'foldNextRound' } as const
  const some = disturbed(algorithm, learners, { ...settings, participation }, 5)
  expect(some.record.some(({ agents }) => agents.length < settings.agents)).toBe(true)
  expect(some.record.some(({ late }) => late.length > 0)).toBe(settings.phases === 1)
  expect(some.state.rule).not.toEqual(simulated)
  const states = learners.map((learner) => learner.init())
  const again = await replay(algorithm.rule, some.record, {
    rebase: settings.rebase,
    updatesOf: (task, agents) =>
      Promise.resolve(
        agents.map((agent) => {
          const done = (learners[agent] as Learner<Own, Task, Update>).apply(states[agent] as Own, task)
          states[agent] = done.state
          return done.update
        }),
      ),
  })
  expect(again).toEqual(some.state.rule)
}

describe('the same bits as the simulation, and a replay the same bits as a run in which some took part', () => {
  it.each(['equal', 'importance'] as const)('fed-asyn-q, %s', async (averaging) => {
    const mdp = randomMdp(4, 6, 3, 0.9, 1)
    const { tables, of } = randomPolicies(4, mdp, 5)
    const contract: QContract = {
      states: 6,
      actions: 3,
      agents: 5,
      discount: 0.9,
      stepSize: 0.3,
      averaging,
      syncPeriod: 7,
      steps: 140,
      initial: 'perAgent',
      initialSeed: 3,
      valueRange: [0, 10],
      terminal: mdp.terminal,
    }
    const algorithm = fedAsynQ(contract, (agent) =>
      walkExperience(mdp, tables[of[agent] as number] as Float64Array, mdp.initial, 3, agent),
    )
    await checkParity(algorithm, { agents: 5, phases: 1, rebase: rebaseQ })
  })

  it.each(['fedpg', 'scaffold', 'fast-fedpg'] as const)('%s', async (name) => {
    const contract = { ...pgContractOf({ agents: 5, rounds: 20, localSteps: 3 }), algorithm: name }
    const oracles = agentMdps.map((mdp) => exactOracle(mdp, 0))
    const algorithm = policyGradient(contract, (agent) => oracles[agent] as GradientOracle<null>)
    const { phases } = algorithm
    await checkParity(algorithm, { agents: 5, phases: phases.length, rebase: rebasePg(contract) })
  })
})
