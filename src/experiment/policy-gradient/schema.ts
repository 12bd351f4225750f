/** The shape of the sections of a policy-gradient variant, before defaults and rules that depend on several of them. */
import { z } from 'zod'
import { integer, list, mapping, word } from '../expect.ts'
import { pgAgents } from './schema-agents.ts'
import { pgAlgorithm } from './schema-algorithm.ts'
import { pgEnvironment } from './schema-environment.ts'
import { PG_METRICS } from './spec.ts'

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
      'What is measured, default J, gap and gradientNorm of finite problems (without gap where dynamics differ), else episodeReturn.',
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
