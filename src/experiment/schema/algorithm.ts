/** The shape of the section `algorithm`: the Q-learning algorithms and their settings. */
import { z } from 'zod'
import { LARGEST_REWARD } from '../../mdp/validate.ts'
import { byKey, byWord, expected, integer, isRecord, mapping, oneOf, real, word } from '../expect.ts'
import { PG_ALGORITHMS } from '../policy-gradient/spec.ts'

/** Largest number of steps per agent, exact as an integer with room for sums over agents. */
export const MOST_STEPS = 1e15
/** Visits are counted in 32 bits. */
const MOST_VISITS = 4294967295

const whyNotStepSize = (value: unknown): string | undefined => {
  if (value === 0) return 'nothing would be learned'
  if (value === 1)
    return 'an entry would keep nothing of its past, and the importance weights (1 - eta)^-N would be infinite'
  return undefined
}
const constantStepSize = real({ above: 0, below: 1 }, 'Constant step size eta.', whyNotStepSize)
const schedules = {
  rescaledLinear: mapping(
    { rescaledLinear: z.literal(true, { error: expected('true') }).describe('Always true.') },
    'eta = 1 / (1 + (1 - gamma) (n + 1)), n being the steps done before the round.',
  ),
  polynomial: mapping(
    { polynomial: real({ above: 0, to: 1 }, 'The exponent omega.') },
    'eta = (n + 2)^-omega, n being the steps done before the round.',
  ),
}
const stepSize = oneOf(
  [constantStepSize, ...Object.values(schedules)],
  'Step size eta in (0, 1), or a schedule that is constant within a round.',
  (input) => (isRecord(input) ? byKey(schedules)(input) : constantStepSize),
)

const namedInitial = word(
  ['shared', 'perAgent'],
  'One random table for all, or a random table for each agent.',
)
const constantInitial = real({ from: -LARGEST_REWARD, to: LARGEST_REWARD }, 'Every entry has this value.')
const initial = oneOf([namedInitial, constantInitial], 'Initial tables, default shared.', (input) => {
  if (typeof input === 'number') return constantInitial
  if (typeof input === 'string') return namedInitial
  return { path: [], message: expected('shared, perAgent or a number')({ input }) }
})

const steps = integer(1, MOST_STEPS, 'Steps per agent T.')
const syncPeriod = integer(1, MOST_VISITS, 'Steps between two averagings, tau.')
const initialSeed = integer(
  0,
  Number.MAX_SAFE_INTEGER,
  'Seed of random initial tables. Without it, they are drawn anew for every run seed.',
).exactOptional()
const common = { stepSize, steps, initial: initial.default('shared'), initialSeed }
/** Keys of policy gradients. */
const REFUSED = {
  policy: 'belongs to policy gradients: Q-learning keeps a table of values',
  gradient: 'belongs to policy gradients: Q-learning keeps a table of values',
  localSteps: 'belongs to policy gradients: steps between two averagings are syncPeriod here',
  rounds: 'belongs to policy gradients: the length of a run is steps here',
}
const algorithms = {
  'q-learning': mapping(
    { name: word(['q-learning'], 'Independent learners.'), ...common },
    'Q-learning: every agent learns alone.',
    {
      ...REFUSED,
      averaging: 'does not belong to q-learning: its agents learn alone and nothing is averaged',
      syncPeriod: 'does not belong to q-learning: its agents learn alone and never synchronise',
    },
  ),
  'fed-syn-q': mapping(
    { name: word(['fed-syn-q'], 'Synchronous sampling.'), ...common, syncPeriod },
    'Federated synchronous Q-learning: every step samples every pair from the model.',
    {
      ...REFUSED,
      averaging:
        'does not belong to fed-syn-q: every agent visits every pair equally often, so its average is always equal',
    },
  ),
  'fed-asyn-q': mapping(
    {
      name: word(['fed-asyn-q'], 'Asynchronous sampling.'),
      ...common,
      syncPeriod,
      averaging: word(
        ['equal', 'importance'],
        'Weights of the average: 1/K, or by visit counts; default equal.',
      ).default('equal'),
    },
    'Federated asynchronous Q-learning: every agent follows its own trajectory.',
    REFUSED,
  ),
}
/** Every form of the section. */
export const ALGORITHM_FORMS = Object.values(algorithms)

const chooseByName = byWord('name', algorithms, [...Object.keys(algorithms), ...PG_ALGORITHMS])

/** The section `algorithm`. */
export const algorithm = oneOf(ALGORITHM_FORMS, 'What is learned with, and its settings.', (input) =>
  isRecord(input)
    ? chooseByName(input)
    : { path: [], message: expected('a mapping with a name')({ input }) },
)
