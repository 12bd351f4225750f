/** The shape of the sections of a policy-gradient variant, before defaults and rules that depend on several of them. */
import { z } from 'zod'
import { integer, list, mapping, word } from '../expect.ts'
import { pgAgents } from './schema-agents.ts'
import { pgAlgorithm } from './schema-algorithm.ts'
import { pgEnvironment } from './schema-environment.ts'
import { PG_METRICS } from './spec.ts'

const METRICS_MEANING = [
  'What is measured, default J, gap and gradientNorm of finite problems (without gap where dynamics differ), else episodeReturn.',
  'J is the mean of the returns J_i of the agents, exact and with the entropy bonus; gap is J* - J; gradientNorm is |grad J|;',
  'agentJ is J_i, with a row for each agent, and worstJ the least of them; personalJ is J_i after own steps;',
  'drift is how far local steps lead the agents apart (root mean square); assignment is the rate of agents in the right cluster;',
  'episodeReturn is the mean undiscounted return of evaluation episodes, worstEpisodeReturn that of the worst agent;',
  'samples are transitions drawn by all agents, rounds are averagings, bytes are encoded messages both ways.',
].join(' ')

/** The section `evaluate`. */
export const pgEvaluate = mapping(
  {
    every: integer(
      1,
      1e9,
      'Rounds between two measurements, default rounds / 200, rounded up.',
    ).exactOptional(),
    metrics: list(
      word(PG_METRICS, 'A metric.'),
      `a list with some of ${PG_METRICS.join(', ')}`,
      METRICS_MEANING,
    ).exactOptional(),
    episodes: integer(1, 1e6, 'Evaluation episodes of each agent, for episode returns, default 10.').default(
      10,
    ),
  },
  'When policy gradients are measured, and what.',
)

/** The sections of one variant. */
export const pgSettingsSchema = z.object({
  environment: pgEnvironment,
  agents: pgAgents.prefault({}),
  algorithm: pgAlgorithm,
  evaluate: pgEvaluate.prefault({}),
})

/** What {@link pgSettingsSchema} gives. */
export type PgSections = z.output<typeof pgSettingsSchema>
