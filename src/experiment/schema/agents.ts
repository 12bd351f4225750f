/** The shape of the section `agents`: simulated agents with a behaviour, recorded logs, or agents who bring their own experience. */
import { z } from 'zod'
import { byKey, expected, integer, isRecord, list, mapping, oneOf, path, real, word } from '../expect.ts'

/** Agents are numbered in 32 bits. */
export const MOST_AGENTS = 4294967295

const nonNegative = integer(0, MOST_AGENTS, 'A state.')
const behaviors = {
  dirichlet: mapping(
    { dirichlet: real({ from: 1e-100, to: 1e100 }, 'Concentration; small values concentrate on few actions.') },
    'Random action probabilities for each agent and state.',
  ),
  mixture: mapping(
    { mixture: real({ from: 0, to: 1 }, 'Weight of the one action.') },
    'Agent k: action k mod A with this weight, otherwise uniform.',
  ),
  epsilonGreedy: mapping(
    { epsilonGreedy: real({ from: 0, to: 1 }, 'Probability of a uniform action.') },
    'Greedy with respect to Q*, uniform with probability epsilon.',
  ),
  region: mapping(
    {
      region: z
        .array(list(nonNegative, 'a list of states', 'The states of one agent.'), {
          error: expected('a list with a list of states for each agent'),
        })
        .min(1, { error: expected('a list with a list of states for each agent') })
        .describe('States of each agent.'),
    },
    'Agent k: uniform over the actions that cannot leave its states.',
  ),
  table: mapping(
    { table: path('JSON file: [agent][state][action], or [state][action] for all agents alike.') },
    'Action probabilities from a file.',
  ),
}
const namedBehavior = word(
  ['uniform', 'one-action'],
  'All actions alike, or agent k always takes action k mod A.',
)
const behavior = oneOf(
  [namedBehavior, ...Object.values(behaviors)],
  'How the agents act while they gather experience, default uniform.',
  (input) => {
    if (isRecord(input)) return byKey(behaviors)(input)
    if (typeof input === 'string' && !Object.hasOwn(behaviors, input)) return namedBehavior
    return {
      path: [],
      message: expected(
        `uniform, one-action or a mapping with one of the keys ${Object.keys(behaviors).join(', ')}`,
      )({ input }),
    }
  },
)

const one = (what: string): string =>
  `belongs to policy gradients: agents of Q-learning learn one common problem, without ${what} of their own`
const REFUSED = {
  rewards: one('rewards'),
  dynamics: one('dynamics'),
  parameters: one('parameters'),
  costs: 'belongs to policy gradients: Q-learning maximises rewards',
}

const simulated = mapping(
  {
    count: integer(1, MOST_AGENTS, 'Number of agents K, default 1.').default(1),
    behavior: behavior.default('uniform'),
  },
  'Simulated agents.',
  REFUSED,
)
const recorded = mapping(
  {
    logs: list(
      path('A CSV file: state,action,reward,next_state,terminated.'),
      'a list of at least one CSV file',
      'One recorded log for each agent, replayed in order.',
    ),
  },
  'Agents that learn from recorded data.',
  {
    ...REFUSED,
    count: 'does not belong beside logs: there is one agent for each log',
    behavior: 'does not belong beside logs: agents that replay a log follow no behaviour policy',
  },
)
const own = mapping(
  {
    count: integer(1, MOST_AGENTS, 'Number of agents K.'),
    experience: word(
      ['own'],
      'Each agent brings what it learns from when it joins: a log, or an environment to act in.',
    ),
    behavior: behavior.default('uniform'),
  },
  'Agents with experience of their own, of which the server knows nothing; for fedrl serve.',
  {
    ...REFUSED,
    logs: 'does not belong beside experience: own, where every agent names its log when it joins',
  },
)
/** Every form of the section. */
export const AGENTS_FORMS = [simulated, recorded, own] as const

/** The section `agents`. */
export const agents = oneOf(AGENTS_FORMS, 'Who learns.', (input) => {
  if (!isRecord(input)) return simulated
  if (input['experience'] !== undefined) return own
  return input['logs'] === undefined ? simulated : recorded
})
