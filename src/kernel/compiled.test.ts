/** The compiled kernel against its plain twin: same streams, same order of operations, so tables are equal bit for bit. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomLog, randomMdp, randomPolicies } from '../../test/random-problems.ts'
import type { KernelProblem, Lane, Member } from '../kernel.ts'
import type { Mdp } from '../mdp/mdp.ts'
import { NOBODY, Purpose, streamOf, uniform } from '../numeric/stream.ts'
import { startCompiled } from './compiled.ts'
import { layoutOf } from './compiled/layout.ts'
import { startPlain } from './plain.ts'

const lane = fc.record({
  discount: fc.double({ min: 0, max: 0.99, noNaN: true }),
  averaging: fc.constantFrom<Lane['averaging']>('equal', 'importance'),
  stepSize: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
})

const cases = fc.record({
  seed: fc.integer({ min: 0, max: 1e9 }),
  states: fc.integer({ min: 2, max: 14 }),
  actions: fc.integer({ min: 1, max: 6 }),
  agents: fc.integer({ min: 1, max: 9 }),
  tau: fc.integer({ min: 1, max: 40 }),
  rounds: fc.integer({ min: 1, max: 4 }),
  lanes: fc.array(lane, { minLength: 1, maxLength: 2 }),
  members: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom('walk', 'replay', 'generative', 'alone'),
  shared: fc.boolean(),
  terminals: fc.integer({ min: 0, max: 1 }),
  rows: fc.constantFrom('any', 'uniform', 'dense'),
  pairRewards: fc.boolean(),
  initial: fc.oneof(
    fc.constantFrom('shared' as const, 'perAgent' as const),
    fc.double({ min: -1, max: 5, noNaN: true }),
  ),
})
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

/** The same problem, but every pair leads to all states in order, to some with probability 0. */
function dense(mdp: Mdp, seed: number, pairRewards: boolean): Mdp {
  const { states } = mdp
  const stream = streamOf(seed, NOBODY, Purpose.bootstrap)
  const pairs = states * mdp.actions
  const probability = new Float64Array(pairs * states)
  for (let pair = 0; pair < pairs; pair++) {
    const row = probability.subarray(pair * states, (pair + 1) * states)
    row.forEach((_, state) => (row[state] = Math.max(0, uniform(stream) - 0.2)))
    row[pair % states] = 0.1
    const total = row.reduce((sum, p) => sum + p)
    row.forEach((p, state) => (row[state] = p / total))
  }
  return {
    ...mdp,
    start: Uint32Array.from({ length: pairs + 1 }, (_, pair) => pair * states),
    next: Uint32Array.from({ length: pairs * states }, (_, i) => i % states),
    probability,
    reward: probability.map((_, i) => (pairRewards ? Math.floor(i / states) / pairs : uniform(stream))),
  }
}

function problemOf(c: Case): KernelProblem {
  const member = (index: number): Member => {
    const seed = c.seed + index
    const of = c.shared ? c.seed : seed
    const random = randomMdp(of, c.states, c.actions, 0.9, c.terminals, {
      uniformRows: c.rows === 'uniform',
      pairRewards: c.pairRewards,
    })
    const mdp = c.rows === 'dense' ? dense(random, of, c.pairRewards) : random
    const experience: Member['experience'] =
      c.kind === 'replay'
        ? {
            kind: 'replay',
            logs: Array.from({ length: c.agents }, (_, agent) =>
              randomLog(seed + agent, c.states, c.actions, 3 + 5 * agent),
            ),
          }
        : c.kind === 'generative'
          ? { kind: 'generative', mdp }
          : { kind: 'walk', mdp, behaviors: randomPolicies(seed, mdp, c.agents) }
    return { seed, initialSeed: seed, rewardRange: [-index, 1 + index], experience }
  }
  const members = Array.from({ length: c.members }, (_, index) => member(index))
  const lanes: Lane[] = c.lanes.map(({ discount, averaging }) => ({
    discount,
    averaging: c.kind === 'alone' ? 'none' : averaging,
  }))
  const [first] = members as [Member]
  return {
    ...c,
    syncPeriod: c.tau,
    terminal: first.experience.kind === 'replay' ? null : first.experience.mdp.terminal,
    lanes: c.kind === 'alone' ? lanes.slice(0, 1) : lanes,
    members:
      c.shared && first.experience.kind !== 'replay'
        ? members.map((one) => ({ ...one, experience: first.experience }))
        : members,
  }
}

const bytes = (numbers: Float64Array | Uint32Array): Buffer =>
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** Both kernels through the same rounds, a shorter one last. */
async function expectAgreement(
  problem: KernelProblem,
  schedule: readonly (readonly [rounds: number, steps: number])[],
  stepSizes: readonly number[],
): Promise<void> {
  const plain = startPlain(problem)
  const compiled = await startCompiled(problem)
  schedule.forEach(([rounds, steps], i) => {
    const sizes = stepSizes.map((stepSize) => stepSize / (1 + i))
    plain.advance(rounds, steps, sizes)
    compiled.advance(rounds, steps, sizes)
  })
  problem.members.forEach((_, member) => {
    expect(bytes(compiled.reported(member)).equals(bytes(plain.reported(member)))).toBe(true)
    problem.lanes.forEach((__, index) => {
      expect(bytes(compiled.table(member, index)).equals(bytes(plain.table(member, index)))).toBe(true)
      expect(compiled.distance(member, index)).toBe(plain.distance(member, index))
    })
  })
}

const lanes: Case['lanes'] = [
  { discount: 0.9, averaging: 'importance', stepSize: 0.2 },
  { discount: 0.5, averaging: 'equal', stepSize: 0.3 },
]
const usual: Case = {
  seed: 3,
  states: 5,
  actions: 3,
  agents: 4,
  tau: 10,
  rounds: 2,
  lanes,
  members: 1,
  kind: 'walk',
  shared: false,
  terminals: 1,
  rows: 'any',
  pairRewards: false,
  initial: 'shared',
}

describe('the compiled kernel', () => {
  it('agrees with the plain kernel bit for bit on random problems', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const problem = problemOf(c)
        const truth = problem.lanes.map((_, index) =>
          Float64Array.from({ length: c.states * c.actions }, (__, entry) =>
            entry === 0 ? NaN : index + entry / 7,
          ),
        )
        const members = problem.members.map((member) => ({ ...member, truth }))
        await expectAgreement(
          { ...problem, members },
          [
            [1, c.tau],
            [c.rounds, c.tau],
            [1, Math.ceil(c.tau / 2)],
          ],
          c.lanes.map(({ stepSize }) => stepSize),
        )
      }),
      { seed: 1, numRuns: 250 },
    )
  })

  // Each goes beyond what a narrow layout can hold, or beyond a block.
  it.each<[string, Partial<Case>]>([
    ['states beyond 16 bits', { states: 65_540, actions: 2, tau: 50, agents: 3 }],
    [
      'tables beyond the cache, in the narrow layout',
      { states: 6000, actions: 4, tau: 50, agents: 7, rows: 'uniform', pairRewards: true, terminals: 0 },
    ],
    ['more than 256 actions', { states: 3, actions: 300, tau: 50, agents: 3 }],
    [
      'rounds longer than a block, and visits beyond 16 bits',
      { states: 2, actions: 1, tau: 70_000, agents: 2 },
    ],
    ['agents beyond 16 bits', { states: 2, actions: 2, tau: 2, agents: 66_000, initial: 'perAgent' }],
    ['more agents than a block', { agents: 130, tau: 20 }],
    [
      'seeds of few agents in one block, each with a problem of its own',
      { members: 8, agents: 3, tau: 500, rows: 'uniform', pairRewards: true, terminals: 0 },
    ],
    ['one dense state', { rows: 'dense', states: 1, terminals: 0, agents: 6 }],
    ['dense rows with rewards by outcome', { rows: 'dense', states: 70, agents: 21, tau: 90 }],
    [
      'dense rows of seeds in one block',
      { rows: 'dense', states: 64, members: 8, agents: 3, pairRewards: true, terminals: 0 },
    ],
    ['independent learners in rounds longer than a block', { kind: 'alone', tau: 70_000, agents: 3 }],
  ])('agrees with the plain kernel for %s', async (_, change) => {
    const c = { ...usual, ...change }
    await expectAgreement(
      problemOf(c),
      [
        [2, c.tau],
        [1, Math.ceil(c.tau / 3)],
      ],
      lanes.map(({ stepSize }) => stepSize),
    )
  })

  it.each([
    ['any', 3, 16],
    ['uniform', 3, 8],
    ['dense', 3, 4],
    ['dense', 257, 16],
  ] as const)('has for %s rows and %i actions outcome columns of %i bytes', (rows, actions, bytes) => {
    expect(layoutOf(problemOf({ ...usual, rows, actions })).columns).toBe(bytes)
  })
})
