/**
 * The shape of an experiment file, key by key. It validates what `parse.ts` reads and is exported as JSON Schema for editors.
 * What depends on several sections at once is checked in `settings.ts`.
 */
import { z } from 'zod'
import { expected, integer, jsonSchema, list, mapping, oneOf, show, word } from './expect.ts'
import { METRICS } from './experiment.ts'
import { ALGORITHM_FORMS as PG_ALGORITHM_FORMS } from './policy-gradient/schema-algorithm.ts'
import { pgAgents } from './policy-gradient/schema-agents.ts'
import { PROGRAM_FORMS } from './policy-gradient/schema-environment.ts'
import { pgEvaluate } from './policy-gradient/schema.ts'
import { agents, AGENTS_FORMS } from './schema/agents.ts'
import { algorithm, ALGORITHM_FORMS, MOST_STEPS } from './schema/algorithm.ts'
import { environment, ENVIRONMENT_FORMS } from './schema/environment.ts'
import { participationSchema } from './participation.ts'

/** Most seeds of one experiment. */
const MOST_SEEDS = 1_000_000

/** The sections that make up the settings of one variant. */
export const SECTIONS = ['environment', 'agents', 'algorithm', 'evaluate'] as const

const evaluate = mapping(
  {
    every: integer(
      1,
      MOST_STEPS,
      'Agent steps between two measurements, default steps / 40 but not below syncPeriod.',
    ).exactOptional(),
    metrics: list(
      word(METRICS, 'A metric.'),
      `a list with some of ${METRICS.join(', ')}`,
      'What is measured, default error where a model is known, else samples and rounds.',
    ).exactOptional(),
  },
  'When Q-learning is measured, and what.',
)

/** The sections of one variant of Q-learning, before defaults that depend on several of them. */
export const settingsSchema = z.object({
  environment,
  agents: agents.prefault({}),
  algorithm,
  evaluate: evaluate.prefault({}),
})

/** What {@link settingsSchema} gives. */
export type Sections = z.output<typeof settingsSchema>

const seedList = list(integer(0, Number.MAX_SAFE_INTEGER, 'A seed.'), 'a list of seeds', 'These seeds.')
const seedCount = integer(1, MOST_SEEDS, 'A count n means the seeds 1 to n.').transform((count) =>
  Array.from({ length: count }, (_, i) => i + 1),
)

/** The run seeds: a count n means 1 to n, or a list. */
export const seedsSchema = oneOf(
  [seedCount, seedList],
  'Run seeds, default 1: a count n means the seeds 1 to n; or a list.',
  (input) => {
    if (Array.isArray(input)) return seedList
    return typeof input === 'number'
      ? seedCount
      : { path: [], message: `expected a count or a list of seeds, got ${show(input)}` }
  },
)

/** What a name may be: it becomes a folder's. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/
const nameError = expected(
  'a name of at most 100 letters, digits, dots, dashes and underscores that begins with a letter or digit',
)
const name = z
  .string({ error: nameError })
  .regex(NAME, { error: nameError })
  .describe('Name of the experiment, default that of its file; its runs lie in runs/<name>/.')
  .exactOptional()

const vary = z
  .record(
    z.string(),
    z
      .array(z.unknown(), { error: expected('a list of values') })
      .min(1, { error: expected('at least one value') }),
    { error: expected('a mapping from a key path to a list of values') },
  )
  .describe(
    'A grid of variants. A key is a path into this file (algorithm.averaging), its values replace what stands there. A section as key ' +
      '(environment, agents, algorithm, evaluate) takes mappings that are merged over the section, to vary several keys together. Several ' +
      'keys form the grid, the last one varying fastest.',
  )

/** The file, whose sections are validated variant by variant. */
export const fileSchema = mapping(
  {
    name,
    environment: z.unknown().optional(),
    agents: z.unknown().optional(),
    algorithm: z.unknown().optional(),
    seeds: seedsSchema.default([1]),
    evaluate: z.unknown().optional(),
    participation: participationSchema.exactOptional(),
    vary: vary.default({}),
  },
  'An experiment of fedrl.',
)

/** Every form of a section, whatever the algorithm: what fits which algorithm is checked when a file is read. */
const SECTION_FORMS: Readonly<Record<(typeof SECTIONS)[number], readonly [string, ...z.ZodType[]]>> = {
  environment: ['What the agents act in.', ...ENVIRONMENT_FORMS, ...PROGRAM_FORMS],
  agents: ['Who learns.', ...AGENTS_FORMS, pgAgents],
  algorithm: ['What is learned with, and its settings.', ...ALGORITHM_FORMS, ...PG_ALGORITHM_FORMS],
  evaluate: ['When is measured, and what.', evaluate, pgEvaluate],
}

const sectionSchemas = (partial: boolean): Record<string, unknown> =>
  Object.fromEntries(
    SECTIONS.map((section) => {
      const [description, ...forms] = SECTION_FORMS[section]
      return [section, { description, anyOf: forms.map((form) => jsonSchema(form, partial)) }]
    }),
  )

/**
 * The JSON Schema of experiment files, for completion and checks in editors. Where a file has `vary`, no key of the sections is
 * required, because the variants may supply it.
 */
export function experimentJsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'fedrl experiment',
    ...jsonSchema(fileSchema),
    if: { required: ['vary'] },
    // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
    then: { properties: sectionSchemas(true) },
    else: { properties: sectionSchemas(false), required: ['environment', 'algorithm'] },
  }
}
