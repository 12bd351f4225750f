/** `fedrl new NAME`: a folder to start from, with an experiment, the schema that editors complete it from, and a README that runs. */
import { readdir, rm, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { blaming, makeFolder, writeAtomically } from '../experiment/disk.ts'
import { InputError } from '../experiment/errors.ts'
import { experimentJsonSchema, NAME } from '../experiment/schema.ts'
import type { Io } from './io.ts'

const SCHEMA_FILE = 'experiment.schema.json'

const experiment = (name: string): string => `# yaml-language-server: $schema=./${SCHEMA_FILE}
name: ${JSON.stringify(name)}

# The problem: two states, 20 actions, drawn anew for every seed.
# Others: garnet, grid-world, frozen-lake, cliff-walking, taxi, river-swim, chain, or { mdp: ./my.mdp.json }.
environment: { family: two-state, actions: 20, discount: 0.9 }

# Twenty agents; agent k always takes action k, so that only together they see every action.
agents:
  count: 20
  behavior: one-action

algorithm:
  name: fed-asyn-q
  stepSize: 0.05 # eta
  syncPeriod: 50 # steps between two averagings, tau
  steps: 1000 # steps per agent, T
  initial: perAgent # every agent starts from a random table of its own

seeds: 20 # the seeds 1 to 20

evaluate: { every: 50, metrics: [normalizedError] }

# Two variants: plain averages against averages that weigh each agent by its visits.
vary:
  algorithm.averaging: [equal, importance]
`

const readme = (name: string): string => `# ${name}

An experiment of fedrl: \`experiment.yaml\` says which problem, which agents, which algorithm, and what varies.

\`\`\`
npx fedrl run experiment.yaml
\`\`\`

simulates it and says where its report.html lies. Every run has a folder of its own below \`runs/\`.

\`\`\`
npx fedrl coverage experiment.yaml
npx fedrl plan experiment.yaml --epsilon 0.1
npx fedrl list
\`\`\`

show how much of the problem the agents reach, what theory asks for, and the runs so far. To try another value without editing the file:

\`\`\`
npx fedrl run experiment.yaml --set algorithm.stepSize=0.1 --seeds 5
\`\`\`

Editors that know YAML schemas complete \`experiment.yaml\` and mark its mistakes by \`${SCHEMA_FILE}\`.
`

/**
 * The files of a new project, by name.
 * @param name of the experiment, of the form {@link NAME}
 */
export const projectFiles = (name: string): Readonly<Record<string, string>> => ({
  'experiment.yaml': experiment(name),
  [SCHEMA_FILE]: `${JSON.stringify(experimentJsonSchema(), null, 2)}\n`,
  'README.md': readme(name),
  '.gitignore': 'node_modules/\nruns/\n',
})

/**
 * Writes a project into the folder NAME below the current one.
 * @throws InputError on a name that is no plain folder name, on a folder that is not empty, and where nothing can be written
 */
export async function createProject(name: string, _options: object, io: Io): Promise<void> {
  if (!NAME.test(name))
    throw new InputError(
      'fedrl new',
      `expected a name of at most 100 letters, digits, dots, dashes and underscores that begins with a letter or digit, got ${JSON.stringify(name)}`,
    )
  const files = projectFiles(name)
  const isNew = await emptyFolder(name)
  await blaming('fedrl new', name, WRITABLE, () => writeProject(name, files)).catch(
    async (error: unknown) => {
      for (const file of Object.keys(files)) await rm(join(name, file), { force: true })
      if (isNew) await rmdir(name)
      throw error
    },
  )
  io.result({ project: resolve(name), files: Object.keys(files) }, () =>
    [
      `${name}/ is ready:`,
      ...Object.keys(files).map((file) => `  ${join(name, file)}`),
      '',
      `cd ${name} && npx fedrl run experiment.yaml`,
    ].join('\n'),
  )
}

const WRITABLE = 'a new or an empty folder that can be written'

/** Makes the folder; one that is there already must be empty. @returns whether it was made */
async function emptyFolder(name: string): Promise<boolean> {
  const made = await blaming('fedrl new', name, WRITABLE, () => makeFolder(name))
  const files = await blaming('fedrl new', name, WRITABLE, () => readdir(name))
  if (files.length === 0) return made !== null
  throw new InputError(name, 'expected a new or an empty folder, got one with files')
}

async function writeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files))
    await writeAtomically(join(folder, file), [new TextEncoder().encode(text)])
}
