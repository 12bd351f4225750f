/** Whether the settings of a federated policy-gradient run are in range and fit one another. */
import type { PgContract } from '../protocol/pg-contract.ts'

/** What is expected of a setting, beside its name and what holds of it. */
type Rule = readonly [name: keyof PgContract, expected: string, holds: boolean]

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 1
const isPositive = (value: number): boolean => value > 0 && value < Infinity

/**
 * Checks a contract.
 * @throws RangeError naming the algorithm, the setting, what was expected and what came
 */
export function checkPgContract(contract: PgContract): void {
  for (const [name, expected, holds] of [...rangesOf(contract), ...fitOf(contract)]) {
    const value = contract[name]
    const got = value instanceof Float64Array ? `${value.length} numbers` : value
    if (!holds) throw new RangeError(`${contract.algorithm}: ${name} must be ${expected}, got ${got}`)
  }
}

const rangesOf = (contract: PgContract): Rule[] => [
  ...(['agents', 'size', 'localSteps', 'rounds', 'clusters'] as const).map((name): Rule => [
    name,
    'an integer >= 1',
    isCount(contract[name]),
  ]),
  ...(['stepSize', 'serverStepSize'] as const).map((name): Rule => [
    name,
    'a number > 0',
    isPositive(contract[name]),
  ]),
  ['momentum', 'in (0, 1]', contract.momentum > 0 && contract.momentum <= 1],
]

const fitOf = ({ algorithm, agents, size, shared, initial, clusters }: PgContract): Rule[] => [
  ['agents', '1: the average problem is one', algorithm !== 'central' || agents === 1],
  ['clusters', '1 for every algorithm but ifca', algorithm === 'ifca' || clusters === 1],
  ['initial', `${clusters * size} finite numbers`, initial.length === clusters * size && initial.every(Number.isFinite)], // prettier-ignore
  algorithm === 'local'
    ? ['shared', '0: nothing is common', shared === 0]
    : ['shared', `an integer in [1, ${size}]`, isCount(shared) && shared <= size],
]
