/** The compiled kernel against its plain twin: same streams, same order of operations, so tables are equal bit for bit. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomLog, randomMdp, randomPolicies } from '../../test/random-problems.ts'
import type { KernelProblem, Lane, Member } from '../kernel.ts'
import { startCompiled } from './compiled.ts'
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
  uniformRows: fc.boolean(),
  pairRewards: fc.boolean(),
  initial: fc.oneof(
    fc.constantFrom('shared' as const, 'perAgent' as const),
    fc.double({ min: -1, max: 5, noNaN: true }),
  ),
})
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

function problemOf(c: Case): KernelProblem {
  const member = (index: number): Member => {
    const seed = c.seed + index
    const mdp = randomMdp(c.shared ? c.seed : seed, c.states, c.actions, 0.9, c.terminals, c)
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

const bits = (table: Float64Array): BigUint64Array =>
  new BigUint64Array(table.buffer, table.byteOffset, table.length)

/** Both kernels through the same rounds, a shorter one last. */
async function agree(
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
    expect([...compiled.reported(member)]).toEqual([...plain.reported(member)])
    problem.lanes.forEach((__, index) => {
      expect(bits(compiled.table(member, index))).toEqual(bits(plain.table(member, index)))
      expect(compiled.distance(member, index)).toBe(plain.distance(member, index))
    })
  })
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
        await agree(
          { ...problem, members },
          [
            [1, c.tau],
            [c.rounds, c.tau],
            [1, Math.ceil(c.tau / 2)],
          ],
          c.lanes.map(({ stepSize }) => stepSize),
        )
      }),
      { seed: 1, numRuns: 400 },
    )
  })
})
