import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { twoState } from '../mdp/families.ts'
import { solveOptimal } from '../mdp/solve.ts'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import { InputError } from './errors.ts'
import type { AgentsSpec, EnvironmentSpec, QSettings } from './experiment.ts'
import { buildProblem, namingFile } from './problem.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrl-problem-'))
})
afterAll(async () => rm(folder, { recursive: true }))

const twoStates = { family: 'two-state', actions: 3, discount: 0.9, range: [0.4, 0.6] } as const
const uniform: AgentsSpec = { count: 2, behavior: 'uniform' }
const settings = (environment: EnvironmentSpec, agents: AgentsSpec): QSettings => ({
  environment,
  agents,
  algorithm: { name: 'q-learning', stepSize: 0.1, steps: 10, initial: 'shared' },
  evaluate: { every: 1, metrics: ['samples'] },
})
const build = (environment: EnvironmentSpec, agents: AgentsSpec, seed = 1) =>
  buildProblem(settings(environment, agents), seed, folder)

async function fault(environment: EnvironmentSpec, agents: AgentsSpec): Promise<string> {
  const error: unknown = await build(environment, agents).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(InputError)
  return (error as InputError).message
}

const file = async (name: string, content: unknown): Promise<string> => {
  await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return name
}

/** State 0: action 0 stays (reward 0.5), action 1 goes to state 1 (reward 2), from where all leads back (reward -1). */
const circle = {
  states: 2,
  actions: 2,
  discount: 0.5,
  transitions: [
    [0, 0, 0, 1, 0.5],
    [0, 1, 1, 1, 2],
    [1, 0, 0, 1, -1],
    [1, 1, 0, 1, -1],
  ],
}
const header = 'state,action,reward,next_state,terminated\n'

describe('families', () => {
  it.each<[EnvironmentSpec, number, number]>([
    [twoStates, 2, 3],
    [{ family: 'garnet', states: 7, actions: 3, branching: 2, discount: 0.9 }, 7, 3],
    [
      {
        family: 'grid-world',
        map: ['S.', '#G'],
        slip: 0,
        discount: 0.9,
        stepReward: 0,
        goalReward: 1,
        holeReward: 0,
      },
      3,
      4,
    ],
    [{ family: 'frozen-lake', map: '4x4', slippery: true, discount: 0.9 }, 16, 4],
    [{ family: 'cliff-walking', slippery: false, discount: 0.9 }, 48, 4],
    [{ family: 'taxi', discount: 0.9 }, 500, 6],
    [{ family: 'river-swim', states: 6, discount: 0.9 }, 6, 2],
    [{ family: 'chain', states: 5, discount: 0.9, slip: 0.2 }, 5, 2],
  ])('%j', async (environment, states, actions) => {
    const problem = await build(environment, uniform)
    expect(problem).toMatchObject({ states, actions, discount: 0.9 })
    expect(problem.model?.mdp.states).toBe(states)
    expect(problem.experience.kind).toBe('behavior')
  })

  it('are drawn anew for every run seed, unless they have a seed of their own', async () => {
    const probabilities = async (environment: EnvironmentSpec, seed: number) =>
      (await build(environment, uniform, seed)).model?.mdp.probability
    const { mdp } = twoState(twoStates, streamOf(3, NOBODY, Purpose.model))
    expect(await probabilities(twoStates, 3)).toEqual(mdp.probability)
    expect(await probabilities(twoStates, 4)).not.toEqual(mdp.probability)
    expect(await probabilities({ ...twoStates, seed: 3 }, 4)).toEqual(mdp.probability)
  })

  it('that never change are built once', async () => {
    const lake: EnvironmentSpec = { family: 'frozen-lake', map: '8x8', slippery: true, discount: 0.95 }
    expect((await build(lake, uniform, 1)).model).toBe((await build(lake, uniform, 2)).model)
  })
})

describe('files', () => {
  it('are read once, and again when they have changed', async () => {
    const mdp = await file('circle.mdp.json', circle)
    const first = await build({ mdp }, uniform)
    expect(first).toMatchObject({ states: 2, actions: 2, discount: 0.5, rewardRange: [-1, 2] })
    expect((await build({ mdp }, uniform, 2)).model).toBe(first.model)
    await file('circle.mdp.json', { ...circle, discount: 0.25 })
    expect((await build({ mdp }, uniform)).discount).toBe(0.25)
  })

  it('that cannot be used are named', async () => {
    expect(await fault({ mdp: 'none.mdp.json' }, uniform)).toBe(
      `${join(folder, 'none.mdp.json')}: no such file`,
    )
    const short = { ...circle, transitions: [[0, 0, 0, 0.98, 0.5], ...circle.transitions.slice(1)] }
    expect(await fault({ mdp: await file('short.mdp.json', short) }, uniform)).toMatch(
      /short\.mdp\.json.*0\.98/,
    )
    expect(
      await fault({ mdp: await file('x.npz', 'no zip'), layout: 'SAS', discount: 0.9 }, uniform),
    ).toContain(join(folder, 'x.npz'))
  })

  it('give behaviours', async () => {
    const mdp = await file('behaved.mdp.json', circle)
    const table = await file('pi.json', [
      [0.25, 0.75],
      [1, 0],
    ])
    const { experience } = await build({ mdp }, { count: 3, behavior: { table } })
    expect(experience.kind === 'behavior' && experience.behaviors).toEqual({
      tables: [Float64Array.of(0.25, 0.75, 1, 0)],
      of: new Uint32Array(3),
    })
    const wide = await file('wide.json', [[1, 0, 0]])
    expect(await fault({ mdp }, { count: 3, behavior: { table: wide } })).toContain(
      `${join(folder, 'wide.json')}:1:1: expected an array of 2 states`,
    )
    const lines = await file('lines.json', '[\n  [0.5, 0.5],\n  [0.5, 0.48]\n]')
    expect(await fault({ mdp }, { count: 3, behavior: { table: lines } })).toContain(
      `${join(folder, 'lines.json')}:3:3: 1: expected probabilities that sum to 1`,
    )
    const broken = await file('broken.json', '[\n  1,,')
    expect(await fault({ mdp }, { count: 3, behavior: { table: broken } })).toContain(
      `${join(folder, 'broken.json')}:2:5: not valid JSON: expected a value, got ","`,
    )
  })
})

describe('behaviours', () => {
  it('epsilon-greedy is greedy with respect to Q*', async () => {
    const mdp = await file('greedy.mdp.json', circle)
    const { model, experience } = await build({ mdp }, { count: 1, behavior: { epsilonGreedy: 0.2 } })
    if (model === null || experience.kind !== 'behavior') throw new Error('no model')
    const { policy } = solveOptimal(model.mdp)
    expect(experience.behaviors.tables[0]?.[policy[0] as number]).toBeCloseTo(0.9, 15)
  })

  it('that do not fit the problem are told with their place', async () => {
    expect(await fault(twoStates, { count: 1, behavior: { region: [[0, 7]] } })).toMatch(
      /^experiment: agents\.behavior\.region\.0\.1: .*got 7\n/,
    )
    const far = Array.from({ length: 9 }, (_, agent) => [0, 9 + agent])
    expect((await fault(twoStates, { count: 9, behavior: { region: far } })).split('\n')).toHaveLength(5)
  })

  it('that do not fit are told with the file they stand in, by who knows it', async () => {
    const unfit = () => build(twoStates, { count: 1, behavior: { region: [[7]] } })
    await expect(namingFile('x.yaml', unfit)).rejects.toThrow(/^x\.yaml: agents\.behavior\.region\.0\.0: /)
    await expect(namingFile('x.yaml', () => build({ mdp: 'none.json' }, uniform))).rejects.toThrow(
      `${join(folder, 'none.json')}: no such file`,
    )
    expect(await namingFile('x.yaml', async () => 3)).toBe(3)
  })

  it('random ones differ between run seeds', async () => {
    const tables = async (seed: number) => {
      const { experience } = await build(twoStates, { count: 2, behavior: { dirichlet: 0.5 } }, seed)
      return experience.kind === 'behavior' ? experience.behaviors.tables : []
    }
    expect(await tables(1)).toEqual(await tables(1))
    expect(await tables(1)).not.toEqual(await tables(2))
  })
})

describe('logs', () => {
  const sizes = { states: 2, actions: 2, discount: 0.5, rewardRange: [0, 1] } as const

  it('without a model keep the rewards of the file', async () => {
    const log = await file('a.csv', `${header}0,1,0.5,1,false\n1,0,1,0,1\n`)
    const problem = await build(sizes, { logs: [log, log] })
    expect(problem).toMatchObject({ states: 2, actions: 2, discount: 0.5, rewardRange: [0, 1], model: null })
    if (problem.experience.kind !== 'logs') throw new Error('no logs')
    expect(problem.experience.logs).toHaveLength(2)
    expect([...(problem.experience.logs[1]?.reward ?? [])]).toEqual([0.5, 1])
  })

  it('with a model widen its rewards', async () => {
    const log = await file('wide.csv', `${header}0,1,7,1,false\n`)
    const problem = await build({ mdp: await file('beside.mdp.json', circle) }, { logs: [log] })
    expect(problem.rewardRange).toEqual([-1, 7])
    expect(problem.model?.mdp.states).toBe(2)
  })

  it('that are wrong are told with file, line and agent', async () => {
    const beyond = await file('beyond.csv', `${header}0,1,0.5,1,false\n2,0,1,0,1\n`)
    expect(await fault(sizes, { logs: [beyond] })).toMatch(/beyond\.csv:3.* \(agent 0\)$/)
    const rich = await file('rich.csv', `${header}0,1,0.5,1,false\n1,0,1.5,0,1\n`)
    const good = await file('good.csv', `${header}0,1,0.5,1,false\n`)
    expect(await fault(sizes, { logs: [good, rich] })).toBe(
      `${join(folder, 'rich.csv')}:3: reward: expected a reward in the environment's rewardRange [0, 1], got 1.5 (agent 1)`,
    )
    expect(await fault(sizes, { logs: [await file('empty.csv', header)] })).toContain('empty.csv')
    expect(await fault(sizes, { logs: ['none.csv'] })).toContain('no such file')
  })
})
