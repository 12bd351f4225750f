import { describe, expect, it } from 'vitest'
import { InputError } from './errors.ts'
import type { Experiment } from './experiment.ts'
import { checkMemory, memoryOf } from './memory.ts'
import { parseExperiment } from './parse.ts'

function experiment(
  environment: string,
  agents = '{ count: 20 }',
  algorithm = 'fed-asyn-q, syncPeriod: 5',
  steps = ', steps: 20',
): Experiment {
  const text = `name: x\nenvironment: { ${environment}, discount: 0.9 }\nagents: ${agents}\nalgorithm: { name: ${algorithm}, stepSize: 0.1${steps} }`
  const result = parseExperiment(text, { folder: '/' })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

const bytesOf = (one: Experiment): number => memoryOf(one.variants[0]?.settings ?? ({} as never)) ?? NaN
const garnet = (states: number, branching: number): string =>
  `family: garnet, states: ${states}, actions: 10, branching: ${branching}`

describe('memory', () => {
  it('grows with the outcomes, the distinct behaviours and the tables of independent learners', () => {
    const dense = bytesOf(experiment(garnet(1000, 1000))) - bytesOf(experiment(garnet(1000, 10)))
    expect(dense).toBeGreaterThan(10_000 * 990 * 20)
    const agents = (count: number, behavior: string) =>
      bytesOf(experiment(garnet(1000, 10), `{ count: ${count}, behavior: ${behavior} }`))
    expect(agents(1000, '{ dirichlet: 1 }') - agents(1000, 'uniform')).toBeGreaterThan(999 * 10_000 * 8)
    expect(agents(1_000_000, 'uniform')).toBeLessThan(3e8)
    const alone = bytesOf(experiment(garnet(1000, 10), '{ count: 1000 }', 'q-learning'))
    expect(alone - agents(1000, 'uniform')).toBe(8 * 10_000 * 1000)
  })

  it('of policy gradients grows with the agents, their parameters and what differs between them', () => {
    const exact = 'fedpg, policy: softmax, gradient: exact, localSteps: 1, rounds: 1'
    const bytes = (agents: string, algorithm = exact, environment = garnet(1000, 10)): number =>
      bytesOf(experiment(environment, agents, algorithm, ''))
    const own = bytes('{ count: 101 }') - bytes('{ count: 1 }')
    expect(own).toBeGreaterThan(100 * 10_000 * (8 * 8 + 10 * 8))
    expect(bytes('{ count: 101, dynamics: { heterogeneity: 1 } }') - bytes('{ count: 101 }')).toBe(
      // and a row less, for gap is not known where dynamics differ
      101 * 10_000 * 10 * 12 - 250,
    )
    const cartPole = (mlp: string): number =>
      bytes('{ count: 8 }', `fedpg, policy: { mlp: ${mlp} }, gradient: { rollouts: 1, horizon: 9 }, localSteps: 1, rounds: 1`, 'family: CartPole-v1') // prettier-ignore
    const parameters = 5 * 64 + 65 * 64 + 65 * 2
    expect(cartPole('[64, 64]') - cartPole('[]')).toBe(8 * (8 * 8 + 6) * (parameters - 5 * 2))
  })

  it('of policy gradients counts the batches of rollouts, also before an Mdp file is read', () => {
    const sampled = (horizon: number | 'auto'): string =>
      `fedpg, policy: softmax, gradient: { rollouts: 1000, horizon: ${horizon} }, localSteps: 1, rounds: 1`
    const bytes = (horizon: number | 'auto', environment = garnet(10, 2)): number =>
      bytesOf(experiment(environment, '{ count: 3 }', sampled(horizon), ''))
    expect(bytes(2000) - bytes(1000)).toBe(3 * 1000 * 1000 * 48)
    // gamma = 0.9
    expect(bytes('auto') - bytes(1)).toBeGreaterThan(3 * 1000 * 48 * 20)
    const file = { environment: 'mdp: ./m.mdp.json', agents: '{ count: 3 }' }
    const text = `name: x\nenvironment: { ${file.environment} }\nagents: ${file.agents}\nalgorithm: { name: ${sampled(1000)}, stepSize: 0.1 }`
    const parsed = parseExperiment(text, { folder: '/' })
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    expect(bytesOf(parsed.value)).toBe(60e6 + 3 * (1000 * 1000 * 48 + 20_000) + 3 * 250)
  })

  it('of policy gradients counts the rows', () => {
    const bytes = (rounds: number): number =>
      bytesOf(experiment(garnet(10, 2), '{ count: 3 }', `fedpg, policy: softmax, gradient: exact, localSteps: 1, rounds: ${rounds}`, ' }\nevaluate: { every: 10, metrics: [J, agentJ]')) // prettier-ignore
    // in every tenth round J, and agentJ of three agents
    expect(bytes(1e9) - bytes(10)).toBe(250 * 4 * (1e8 - 1))
  })

  it('is refused where it does not fit, with what would fit', () => {
    const large = experiment(garnet(10_000, 1000))
    const needed = bytesOf(large)
    expect(checkMemory(large, 2, 2.1 * needed)).toBe(2 * needed)
    expect(() => checkMemory(large, 4, 2.1 * needed)).toThrow(InputError)
    expect(() => checkMemory(large, 4, 2.1 * needed)).toThrow(/GiB on each of 4 threads; --threads 2 fits$/)
    expect(() => checkMemory(large, 1, needed / 2)).toThrow(/GiB on each of 1 threads$/)
  })
})
