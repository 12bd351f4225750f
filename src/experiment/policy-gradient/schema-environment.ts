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
const moduleFile = mapping(
  {
    module: path(
      'A JavaScript or TypeScript module whose default export is a factory: (parameters) => Environment.',
    ),
    discount,
    parameters: z
      .record(z.string(), real({}, 'A value.'), { error: expected('a mapping from names to numbers') })
      .describe('What the factory is called with, default {}.')
      .default({}),
  },
  "A user's own environment, for policy gradients.",
)

/** The forms that policy gradients have beside those of finite problems. */
export const PROGRAM_FORMS = [...programs, moduleFile] as const

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
  return byKey<z.ZodType>({ mdp: mdpFile, module: moduleFile })(input, ['family', 'mdp', 'module'])
}

/** The section `environment`. */
export const pgEnvironment = oneOf(
  [...Object.values(families), mdpFile, ...PROGRAM_FORMS],
  'What the agents act in.',
  chooseEnvironment,
)
