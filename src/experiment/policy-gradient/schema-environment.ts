/** The shape of the section `environment` of policy gradients: a finite problem, or a program with `reset` and `step`. */
import { z } from 'zod'
import type { Parameter, ParameterTable } from '../../agent/environment/parameters.ts'
import {
  byKey,
  byWord,
  expected,
  integer,
  isRecord,
  mapping,
  type Misfit,
  oneOf,
  path,
  real,
  word,
} from '../expect.ts'
import { discount, families, mdpFile } from '../schema/environment.ts'
import { BUILT_IN } from './environments.ts'
import { ENVIRONMENTS } from './spec.ts'

/** The keys of an environment's parameters, none of them required. */
const parametersOf = (table: ParameterTable) =>
  mapping(
    Object.fromEntries(Object.entries(table).map(([name, one]) => [name, numberOf(one).exactOptional()])),
    'Parameters that differ from their defaults, default {}.',
  )

function numberOf({ integer: whole, description, ...range }: Parameter): z.ZodNumber | z.ZodInt {
  const text = `${description.replace(/\.$/, '')}, default ${range.default}.`
  return whole === true ? integer(range.from ?? 0, range.to ?? 1e9, text) : real(range, text)
}

const WHAT: Readonly<Record<(typeof ENVIRONMENTS)[number], string>> = {
  'CartPole-v1': 'A pole on a cart that is pushed left or right',
  'Acrobot-v1': 'Two links, to be swung up at the joint between them',
  'MountainCar-v0': 'A car too weak to climb its hill at once',
  'Pendulum-v1': 'A pendulum to be swung up and held with a bounded torque',
}

const programs = ENVIRONMENTS.map((name) => {
  const description = `${WHAT[name]}, with Gymnasium's dynamics; for policy gradients.`
  return mapping(
    {
      family: word([name], description),
      discount,
      parameters: parametersOf(BUILT_IN[name].parameters).prefault({}),
    },
    description,
  )
})
const factoryParameters = z
  .record(z.string(), real({}, 'A value.'), { error: expected('a mapping from names to numbers') })
  .describe('What the factory is called with, default {}.')
  .default({})
const moduleFile = mapping(
  {
    module: path(
      'A JavaScript or TypeScript module whose default export is a factory: (parameters) => Environment.',
    ),
    discount,
    parameters: factoryParameters,
  },
  "A user's own environment, for policy gradients.",
)

const end = z.number({ error: expected('a number, or null for no end') }).nullable()
const ends = (description: string) =>
  z
    .array(end, { error: expected('a list of numbers') })
    .min(1, { error: expected('at least one number') })
    .describe(description)
const spaceForms = {
  discrete: mapping(
    { kind: word(['discrete'], 'Numbers.'), n: integer(1, 100_000_000, 'How many, from 0 on.') },
    'The integers 0 to n - 1.',
  ),
  box: mapping(
    {
      kind: word(['box'], 'Vectors.'),
      low: ends('The lower end of each entry, null for none.'),
      high: ends('The upper end of each entry, null for none.'),
    },
    'Vectors between two ends.',
  ),
}
const chooseSpace = byWord<z.ZodType>('kind', spaceForms)
const space = (description: string) =>
  oneOf(Object.values(spaceForms), description, (input) =>
    isRecord(input)
      ? chooseSpace(input)
      : { path: [], message: expected('a mapping with kind: discrete or box')({ input }) },
  ).superRefine((made, context) => {
    if (made.kind === 'box' && made.low.length !== made.high.length)
      context.addIssue({
        code: 'custom',
        path: ['high'],
        message: `expected ${made.low.length} numbers like low, got ${made.high.length}`,
      })
  })
const bareSpaces = mapping(
  {
    observationSpace: space('What agents observe.'),
    actionSpace: space('What they do.'),
    discount,
    parameters: factoryParameters,
  },
  'Only the spaces, for policy gradients: the agents bring environments of their own when they join fedrl serve.',
)

/** The forms that policy gradients have beside those of finite problems. */
export const PROGRAM_FORMS = [...programs, moduleFile, bareSpaces] as const

const byFamily: Readonly<Record<string, z.ZodType>> = {
  ...families,
  ...Object.fromEntries(ENVIRONMENTS.map((name, index) => [name, programs[index]])),
}

const chooseEnvironment = (input: unknown): z.ZodType | Misfit => {
  if (!isRecord(input))
    return { path: [], message: expected('a mapping with one of the keys family, mdp, module')({ input }) }
  if (input['family'] !== undefined) return byWord('family', byFamily)(input)
  if (input['states'] !== undefined && input['mdp'] === undefined && input['module'] === undefined)
    return {
      path: ['states'],
      message: 'policy gradients need something to act in: give family, mdp or module in place of bare sizes',
    }
  return byKey<z.ZodType>({
    mdp: mdpFile,
    module: moduleFile,
    observationSpace: bareSpaces,
    actionSpace: bareSpaces,
  })(input, ['family', 'mdp', 'module', 'observationSpace'])
}

/** The section `environment`. */
export const pgEnvironment = oneOf(
  [...Object.values(families), mdpFile, ...PROGRAM_FORMS],
  'What the agents act in.',
  chooseEnvironment,
)
