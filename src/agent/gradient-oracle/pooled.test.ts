import { expect, it } from 'vitest'
import { randomMdp } from '../../../test/random-problems.ts'
import { agentMdps, averageMdp } from '../../../test/zhu-problem.ts'
import { checkGradientOracle } from '../gradient-oracle.contract.ts'
import { noisyOracle } from '../pg-learner.contract.ts'
import { exactOracle } from './exact.ts'
import { pooledOracle } from './pooled.ts'

checkGradientOracle('a pool of estimates', pooledOracle([1, 2, -3].map(noisyOracle)))

const theta = Float64Array.from({ length: 20 }, (_, i) => ((i * 0.618) % 1) - 0.5)

it('has the gradient and the value of the average problem', () => {
  const pooled = pooledOracle(agentMdps.map((mdp) => exactOracle(mdp, 0.1)))
  const average = exactOracle(averageMdp, 0.1)
  const { gradient } = average.gradient(theta, null)
  pooled.gradient(theta, pooled.start()).gradient.forEach((value, i) => expect(value).toBeCloseTo(gradient[i] as number, 12)) // prettier-ignore
  expect(pooled.value(theta, pooled.start()).value).toBeCloseTo(average.value(theta, null).value, 12)
})

it('of equal agents is that of one, bit for bit', () => {
  const one = exactOracle(agentMdps[0] as (typeof agentMdps)[0], 0)
  const pooled = pooledOracle(Array.from({ length: 7 }, () => one))
  expect(pooled.gradient(theta, pooled.start()).gradient).toEqual(one.gradient(theta, null).gradient)
})

it('counts the samples of all', () => {
  const pooled = pooledOracle([1, 2, 3].map(noisyOracle))
  expect(pooled.samples(pooled.gradient(new Float64Array(6), pooled.start()).state)).toBe(18)
})

it('refuses agents whose parameters differ in number, and none at all', () => {
  const [small, large] = [randomMdp(1, 2, 2, 0.9), randomMdp(1, 3, 2, 0.9)].map((mdp) => exactOracle(mdp, 0))
  expect(() => pooledOracle([small, large] as (typeof small & object)[])).toThrow('got sizes [4, 6]')
  expect(() => pooledOracle([])).toThrow('expected oracles of one size, got sizes []')
})
