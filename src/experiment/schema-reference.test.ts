/** docs/experiment-file.md is written from the schema, so that it cannot go stale. */
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import { isRecord } from './expect.ts'
import { parseExperiment } from './parse.ts'
import { EPISODE_METRICS, MODEL_METRICS, PG_ALGORITHMS } from './policy-gradient/spec.ts'
import { experimentJsonSchema } from './schema.ts'

type Schema = Readonly<Record<string, unknown>>

const SECTIONS = ['environment', 'agents', 'algorithm', 'evaluate'] as const
const LARGE = 1e6

const record = (value: unknown): Schema => (isRecord(value) ? value : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const records = (value: unknown): Schema[] => (Array.isArray(value) ? value.map(record) : [])
const code = (value: unknown): string => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
const cell = (words: string): string => words.replaceAll('|', String.raw`\|`).replaceAll('*', String.raw`\*`)

/** 'integer from 1', 'number above 0 and below 1'. */
function range(schema: Schema): string {
  const bound = (key: string, word: string): string[] => {
    const value = schema[key]
    return typeof value === 'number' && Math.abs(value) < LARGE ? [`${word} ${value}`] : []
  }
  const bounds = [
    ...bound('minimum', 'from'),
    ...bound('exclusiveMinimum', 'above'),
    ...bound('maximum', 'up to'),
    ...bound('exclusiveMaximum', 'below'),
  ]
  return [text(schema['type']), ...bounds].join(' ')
}

/** What a key takes. */
function takes(schema: Schema): string {
  if (schema['const'] !== undefined) return code(schema['const'])
  if (Array.isArray(schema['enum'])) return schema['enum'].map(code).join(', ')
  if (schema['anyOf'] !== undefined) return records(schema['anyOf']).map(takes).join(' or ')
  if (schema['prefixItems'] !== undefined)
    return `list of ${records(schema['prefixItems']).length}: ${takes(records(schema['prefixItems'])[0] ?? {})}`
  if (schema['type'] === 'array') return `list of: ${takes(record(schema['items']))}`
  if (schema['type'] === 'string') return 'text'
  if (schema['type'] === 'boolean') return '`true`, `false`'
  if (schema['properties'] === undefined) return range(schema)
  const inner = Object.entries(record(schema['properties'])).map(
    ([key, value]) => `${key}: ${takes(record(value)).replaceAll('`', '')}`,
  )
  return `\`{ ${inner.join(', ')} }\``
}

/** The meaning of a key, of each form it may take, and of the keys inside. */
function meaning(schema: Schema): string {
  const forms = records(schema['anyOf'])
    .filter((form) => text(form['description']) !== '')
    .map((form) => `${takes(form)}: ${meaning(form)}`)
  const inner = Object.entries(record(schema['properties'])).map(
    ([key, value]) => `${code(key)}: ${meaning(record(value))}`,
  )
  return [text(schema['description']), ...forms, ...inner].join(' ')
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return 'required'
  if (schema['default'] !== undefined) return code(schema['default'])
  return /default (.+?)(?=[:;.](?: |$)|$)/.exec(text(schema['description']))?.[1] ?? 'none'
}

function rowsOf(schema: Schema): string[] {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(record(schema['properties'])).map(([key, value]) => {
    const inner = record(value)
    const cells = [takes(inner), defaultOf(inner, required.includes(key)), meaning(inner)]
    return `| \`${key}\` | ${cells.map(cell).join(' | ')} |`
  })
}

const tableOf = (rows: readonly string[]): string =>
  ['| key | takes | default | meaning |', '|---|---|---|---|', ...rows].join('\n')

/** The names that choose a form, none where it has none. */
function namesOf(form: Schema): string[] {
  const { family, name } = record(form['properties'])
  const { const: only, enum: several } = record(family ?? name)
  if (Array.isArray(several)) return several.map(code)
  return only === undefined ? [] : [code(only)]
}

const titleOf = (form: Schema): string =>
  [namesOf(form).join(', '), cell(text(form['description']))].filter((part) => part !== '').join(': ')

/** The table of a form; where it has every key of an earlier one, only what it adds to that. */
function formTable(form: Schema, earlier: readonly Schema[]): string {
  const rows = rowsOf(form)
  const plain = earlier.find((other) => {
    const [, ...shared] = rowsOf(other)
    return shared.length > 3 && shared.every((row) => rows.includes(row))
  })
  if (plain === undefined) return tableOf(rows)
  const added = rows.filter((row) => !rowsOf(plain).includes(row))
  return `The keys of ${namesOf(plain).join(', ')}, and:\n\n${tableOf(added)}`
}

/** A section: one table for each form. */
function section(name: string, schema: Schema): string {
  const forms = records(schema['anyOf'])
  const tables = forms.map((form, i) => `### ${titleOf(form)}\n\n${formTable(form, forms.slice(0, i))}`)
  return [`## ${name}`, text(schema['description']), ...tables].join('\n\n')
}

const Q_LEARNING = `name: blessing-of-heterogeneity
environment: { family: two-state, actions: 20, discount: 0.9 }
agents: { count: 20, behavior: one-action }
algorithm: { name: fed-asyn-q, stepSize: 0.05, syncPeriod: 50, steps: 2000, initial: perAgent }
seeds: 100
evaluate: { every: 50, metrics: [normalizedError] }
vary:
  algorithm.averaging: [equal, importance]
`

const POLICY_GRADIENTS = `name: one-policy-for-many-goals
environment:
  family: grid-world
  discount: 0.9
  map:
    - 'S...'
    - '.#..'
    - '....'
agents:
  count: 4
  rewards: { goals: [[0, 3], [2, 0], [2, 3], [1, 2]] }
algorithm:
  name: fast-fedpg
  policy: softmax
  gradient: { rollouts: 8, horizon: 60, baseline: leave-one-out }
  localSteps: 10
  stepSize: 0.1
  rounds: 200
seeds: 10
evaluate: { every: 5, metrics: [J, gap, worstJ] }
vary:
  algorithm.name: [fedpg, fast-fedpg, scaffold]
`

const BEYOND_TABLES = `name: eight-poles
environment: { family: CartPole-v1, discount: 0.99 }
agents:
  count: 8
  parameters: { length: { from: 0.25, to: 1 } }
algorithm:
  name: fast-fedpg
  policy: { mlp: [64, 64] }
  gradient: { rollouts: 8, horizon: 500, baseline: leave-one-out }
  localSteps: 4
  stepSize: 0.01
  rounds: 300
evaluate: { every: 10, metrics: [episodeReturn, worstEpisodeReturn] }
`

const OWN_EXPERIENCE = `name: three-wards
environment: { states: 3, actions: 2, discount: 0.95, rewardRange: [-2, 0] }
agents: { count: 3, experience: own, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 1000 }
`

const OWN_ENVIRONMENTS = `name: four-lifts
environment:
  observationSpace: { kind: box, low: [0, null], high: [6, null] } # null: no end
  actionSpace: { kind: discrete, n: 2 }
  discount: 0.99
  parameters: { floors: 6 }
agents: { count: 4 }
algorithm: { name: fedpg, policy: { mlp: [8] }, gradient: { rollouts: 4, horizon: 50 }, localSteps: 2, stepSize: 0.05, rounds: 10 }
`

const block = (yaml: string): string => `\`\`\`yaml\n${yaml}\`\`\``

const KINDS = [
  '## Two kinds of algorithm',
  'What the sections may hold depends on `algorithm.name`. **Q-learning** (`q-learning`, `fed-syn-q`, `fed-asyn-q`) learns a table of values of one finite problem, or from logs; lengths are counted in steps of an agent:',
  block(Q_LEARNING),
  `**Policy gradients** (${PG_ALGORITHMS.map(code).join(', ')}) search for the parameters of one policy that is good for all agents, each of which has rewards, and if need be dynamics, of its own; lengths are counted in rounds, of \`localSteps\` local steps each:`,
  block(POLICY_GRADIENTS),
  'They also act in environments that are no tables, whose parameters may differ between agents:',
  block(BEYOND_TABLES),
  "In a federation (`fedrl serve`) agents may bring what they learn from, which the server then knows nothing of. With Q-learning that is `experience: own`: each agent joins with a log (`--logs`), or with an environment of numbered states and actions (`--module`) in which it acts by its `behavior`; only rewards in the environment's range are taken:",
  block(OWN_EXPERIENCE),
  'With policy gradients it is an environment of which only the spaces are given; each agent joins with `--module`:',
  block(OWN_ENVIRONMENTS),
  'What `fedrl run` cannot simulate it refuses.',
  `Exact gradients, a step size of \`auto\` and the metrics ${MODEL_METRICS.map(code).join(', ')} need a finite problem; ${EPISODE_METRICS.map(code).join(' and ')} are for all other environments. \`softpavg\`, \`projpavg\` and \`qavg\` need \`policy: softmax\` and \`gradient: exact\`. A grid may hold both kinds: \`vary\` then gives whole sections of the algorithm.`,
]

function reference(): string {
  const schema = experimentJsonSchema()
  const { properties } = record(schema['else'])
  const top = Object.entries(record(schema['properties'])).filter(
    ([key]) => !SECTIONS.some((name) => name === key),
  )
  return [
    '# The experiment file',
    'Every key of an experiment file, from `schema/experiment.schema.json`. A key that is not here is refused with the nearest known one. Where a file has `vary`, its variants may supply what is required.',
    ...KINDS,
    `## The file\n\n${tableOf(rowsOf({ properties: Object.fromEntries(top) }))}`,
    ...SECTIONS.map((name) => section(name, record(record(properties)[name]))),
  ].join('\n\n')
}

it('docs/experiment-file.md says what the schema says', async () => {
  const file = new URL('../../docs/experiment-file.md', import.meta.url)
  const style = await resolveConfig(file)
  const page = await format(reference(), { ...style, parser: 'markdown' })
  // After a change of the schema: npx vitest run src/experiment/schema-reference.test.ts -u
  await expect(page).toMatchFileSnapshot(fileURLToPath(file))
})

it.each([
  ['Q-learning', Q_LEARNING, 2],
  ['policy gradients', POLICY_GRADIENTS, 3],
  ['an environment beyond tables', BEYOND_TABLES, 1],
  ['experience of their own', OWN_EXPERIENCE, 1],
  ['environments of their own', OWN_ENVIRONMENTS, 1],
])('the example of %s parses', (_, yaml, variants) => {
  const parsed = parseExperiment(yaml, { folder: '/' })
  expect(parsed.ok ? parsed.value.variants.length : parsed.issues).toBe(variants)
})
