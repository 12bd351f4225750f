/** docs/experiment-file.md is written from the schema, so that it cannot go stale. */
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { expect, it } from 'vitest'
import { isRecord } from './expect.ts'
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

/** The meaning of a key, and of each form it may take. */
function meaning(schema: Schema): string {
  const forms = records(schema['anyOf'])
    .filter((form) => text(form['description']) !== '')
    .map((form) => `${takes(form)}: ${text(form['description'])}`)
  return [text(schema['description']), ...forms].join(' ')
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return 'required'
  if (schema['default'] !== undefined) return code(schema['default'])
  return /default (.+?)(?=[:;.](?: |$)|$)/.exec(text(schema['description']))?.[1] ?? 'none'
}

function keysTable(schema: Schema): string {
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const rows = Object.entries(record(schema['properties'])).map(([key, value]) => {
    const inner = record(value)
    const cells = [takes(inner), defaultOf(inner, required.includes(key)), meaning(inner)]
    return `| \`${key}\` | ${cells.map(cell).join(' | ')} |`
  })
  return ['| key | takes | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/** A form by the name that chooses it, where it has one. */
function titleOf(form: Schema): string {
  const { family, name } = record(form['properties'])
  const chosen = record(family ?? name)['const']
  const words = cell(text(form['description']))
  return chosen === undefined ? words : `${code(chosen)}: ${words}`
}

/** A section: one table, or one for each form. */
function section(name: string, schema: Schema): string {
  const forms = records(schema['anyOf'])
  if (forms.length === 0) return `## ${name}\n\n${text(schema['description'])}\n\n${keysTable(schema)}`
  const tables = forms.map((form) => `### ${titleOf(form)}\n\n${keysTable(form)}`)
  return [`## ${name}`, text(schema['description']), ...tables].join('\n\n')
}

function reference(): string {
  const schema = experimentJsonSchema()
  const { properties } = record(schema['else'])
  const top = Object.entries(record(schema['properties'])).filter(
    ([key]) => !SECTIONS.some((name) => name === key),
  )
  return [
    '# The experiment file',
    'Every key of an experiment file, from `schema/experiment.schema.json`. A key that is not here is refused with the nearest known one. Where a file has `vary`, its variants may supply what is required.',
    `## The file\n\n${keysTable({ properties: Object.fromEntries(top), required: ['name'] })}`,
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
