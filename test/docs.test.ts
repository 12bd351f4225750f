/** What the documents say is so: paths exist, the experiment parses, the program runs, the decisions are dated. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseExperiment } from '../src/experiment/parse.ts'
import { createProgram } from '../src/cli/program.ts'
import { ROOT } from './source.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const readme = read('README.md')

/** The fenced blocks of a language. */
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    (match) => match[1] as string,
  )

describe('README.md', () => {
  test('its experiment parses, with two variants of twenty seeds', () => {
    const [text = ''] = blocks(readme, 'yaml')
    const parsed = parseExperiment(text, { folder: ROOT })
    expect(parsed.ok ? [parsed.value.variants.length, parsed.value.seeds.length] : parsed.issues).toEqual([
      2, 20,
    ])
  })

  test('its program runs', () => {
    const [code = ''] = blocks(readme, 'ts')
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/Float64Array\(2\) \[\s*\d\.\d+,\s*\d\.\d+\s*\]/)
  })

  test('its table names every command', () => {
    const output = { out: () => undefined, err: () => undefined }
    const program = createProgram('1.2.3', output, () => {
      throw new Error('no command is carried out here')
    })
    for (const command of program.commands)
      expect(readme).toMatch(new RegExp(`^\\| .*\`(fedrl )?${command.name()}[ \`]`, 'm'))
  })
})

test.each(['README.md', 'ARCHITECTURE.md', 'docs/algorithms.md', 'CONTRIBUTING.md'])(
  '%s names files that are there',
  (document) => {
    const named = [
      ...read(document).matchAll(/`((?:src|test|docs|schema|examples|experiments|scripts)\/[\w./-]*)`/g),
    ].map((match) => match[1] as string)
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter((path) => path !== 'docs/reference/' && !existsSync(join(ROOT, path)))).toEqual([])
  },
)

test.each(readdirSync(join(ROOT, 'docs', 'decisions')))(
  'decision %s has its number, a date and a decision',
  (file) => {
    const number = Number(file.slice(0, 4))
    expect(read(`docs/decisions/${file}`)).toMatch(
      new RegExp(
        `^# ${number}\\. .+\\n\\n\\d{4}-\\d\\d-\\d\\d\\. Accepted\\.[\\s\\S]*\\*\\*Decision\\.\\*\\*`,
      ),
    )
  },
)
