import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { describe, expect, it } from 'vitest'
import { isRecord } from './expect.ts'
import { experimentJsonSchema } from './schema.ts'

/** Every schema of a mapping's keys, with its path. */
function* properties(schema: unknown, path = ''): Generator<[string, Record<string, unknown>]> {
  if (Array.isArray(schema)) for (const [i, item] of schema.entries()) yield* properties(item, `${path}/${i}`)
  if (!isRecord(schema)) return
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && isRecord(value))
      for (const [name, inner] of Object.entries(value)) if (isRecord(inner)) yield [`${path}/${name}`, inner]
    yield* properties(value, `${path}/${key}`)
  }
}

describe('experimentJsonSchema', () => {
  it('is what lies in schema/experiment.schema.json', async () => {
    const file = new URL('../../schema/experiment.schema.json', import.meta.url)
    const style = await resolveConfig(file)
    const text = await format(JSON.stringify(experimentJsonSchema()), { ...style, parser: 'json' })
    // After a change of the schema: npx vitest run src/experiment/schema.test.ts -u
    await expect(text).toMatchFileSnapshot(fileURLToPath(file))
  })

  it('describes every key', () => {
    const all = [...properties(experimentJsonSchema())]
    // The sections stand at the top without a description of their own: `then` and `else` say what they hold.
    const bare = all.filter(([, schema]) => typeof schema['description'] !== 'string').map(([path]) => path)
    expect(all.length).toBeGreaterThan(80)
    expect(bare).toEqual(['/environment', '/agents', '/algorithm', '/evaluate'])
  })

  it('allows no key that it does not name', () => {
    const open: string[] = []
    const visit = (schema: unknown, path: string): void => {
      if (Array.isArray(schema)) schema.forEach((item, i) => visit(item, `${path}/${i}`))
      if (!isRecord(schema)) return
      if (schema['type'] === 'object' && schema['additionalProperties'] !== false) open.push(path)
      for (const [key, value] of Object.entries(schema)) visit(value, `${path}/${key}`)
    }
    visit(experimentJsonSchema(), '')
    // Parameters of a module have the names that its author gave them.
    const [vary, ...parameters] = open
    expect(vary).toBe('/properties/vary')
    expect(parameters).toHaveLength(6)
    for (const path of parameters)
      expect(path).toMatch(/properties\/(environment|agents)\/anyOf\/\d+\/properties\/parameters$/)
  })

  it('asks for keys only where no vary may supply them', () => {
    const { then, else: otherwise } = experimentJsonSchema()
    expect(JSON.stringify(then)).not.toContain('"required"')
    expect(JSON.stringify(otherwise)).toContain('"required":["name","stepSize","steps","syncPeriod"]')
  })
})
