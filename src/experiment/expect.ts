/**
 * Building blocks for schemas of files that people write: every message says what was expected and what came, and a choice
 * between shapes is told for the shape that was evidently meant.
 */
import { z } from 'zod'
import { didYouMean } from '../numeric/suggest.ts'

/** A mapping of an input file. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a value is text that does not read as a number: where both words and numbers fit, "0.1" is meant to be a number. */
export const isWord = (value: unknown): value is string =>
  typeof value === 'string' && Number.isNaN(Number(value))

/** A value of an input file in a few words, for messages. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  const text = typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean}`
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** `expected WHAT, got VALUE`, or `missing, expected WHAT`; `why` may add the reason for refusing this very value. */
export const expected =
  (what: string, why?: (value: unknown) => string | undefined) =>
  (issue: { readonly input?: unknown }): string => {
    if (issue.input === undefined) return `missing, expected ${what}`
    const reason = why?.(issue.input)
    return `expected ${what}, got ${show(issue.input)}${reason === undefined ? '' : `: ${reason}`}`
  }

/** `unknown key "stepsize", did you mean "stepSize"?`, or the keys there are. */
export function unknownKey(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known)
  return `unknown key "${key}"${meant === '' ? `, expected one of ${known.join(', ')}` : meant}`
}

/** The ends of an interval; a missing end is open to infinity. */
export interface Range {
  readonly above?: number
  readonly from?: number
  readonly below?: number
  readonly to?: number
}

const interval = ({ above, from, below, to }: Range): string =>
  [above, from, below, to].every((end) => end === undefined)
    ? ''
    : ` in ${from === undefined ? '(' : '['}${above ?? from ?? '-infinity'}, ${below ?? to ?? 'infinity'}${to === undefined ? ')' : ']'}`

/** A finite number in a range. */
export function real(
  range: Range,
  description: string,
  why?: (value: unknown) => string | undefined,
): z.ZodNumber {
  const error = expected(`a number${interval(range)}`, why)
  let schema = z.number({ error })
  if (range.above !== undefined) schema = schema.gt(range.above, { error })
  if (range.from !== undefined) schema = schema.min(range.from, { error })
  if (range.below !== undefined) schema = schema.lt(range.below, { error })
  if (range.to !== undefined) schema = schema.max(range.to, { error })
  return schema.describe(description)
}

/** An integer in [from, to]. */
export function integer(from: number, to: number, description: string): z.ZodInt {
  const error = expected(`an integer in [${from}, ${to}]`)
  return z.int({ error }).min(from, { error }).max(to, { error }).describe(description)
}

/** The path of a file. */
export const path = (description: string): z.ZodString =>
  z
    .string({ error: expected('a path') })
    .min(1, { error: expected('a path') })
    .describe(description)

/** One of the words listed. */
export function word<const W extends readonly [string, ...string[]]>(
  words: W,
  description: string,
): z.ZodLiteral<W[number]> {
  const error = expected(words.length === 1 ? words[0] : `one of ${words.join(', ')}`)
  const schema = z.literal<W[number][]>([...words], {
    error: (issue) => error(issue) + (typeof issue.input === 'string' ? didYouMean(issue.input, words) : ''),
  })
  return schema.describe(description)
}

/** A list of at least one item without repetitions. */
export function list<T extends z.ZodType>(item: T, what: string, description: string): z.ZodArray<T> {
  const error = expected(what)
  return z
    .array(item, { error })
    .min(1, { error })
    .superRefine((values, context) => {
      const first = new Map<unknown, number>()
      for (const [index, value] of values.entries()) {
        if (typeof value !== 'object' && first.has(value))
          context.addIssue({ code: 'custom', path: [index], message: `${show(value)} is listed twice` })
        first.set(value, index)
      }
    })
    .describe(description)
}

/**
 * A mapping with these keys and no others.
 * @param refused why a key that a person may expect here does not belong, by key
 */
export const mapping = <T extends z.ZodRawShape>(
  shape: T,
  description: string,
  refused: Readonly<Record<string, string>> = {},
): z.ZodObject<T, z.core.$strict> =>
  z
    .strictObject(shape, {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? issue.keys
              .map((key) =>
                Object.hasOwn(refused, key) ? refused[key] : unknownKey(key, Object.keys(shape)),
              )
              .join('\n')
          : expected('a mapping')(issue),
    })
    .describe(description)

/** What is wrong with a value that means none of the shapes there are. */
export interface Misfit {
  readonly path: readonly (string | number)[]
  readonly message: string
}

const shapes = new WeakMap<z.core.$ZodType, readonly z.ZodType[]>()

/**
 * A value of one of several shapes.
 * @param choose the shape that `input` is evidently meant to have, or why it can be none
 */
export function oneOf<const B extends readonly z.ZodType[]>(
  branches: B,
  description: string,
  choose: (input: unknown) => z.ZodType | Misfit,
): z.ZodType<z.output<B[number]>> {
  const schema = z
    .unknown()
    .transform((input, context): z.output<B[number]> => {
      const chosen = choose(input)
      if (!('safeParse' in chosen)) {
        context.issues.push({ code: 'custom', path: [...chosen.path], message: chosen.message, input })
        return z.NEVER
      }
      const result = chosen.safeParse(input)
      if (result.success) return result.data as z.output<B[number]>
      for (const issue of result.error.issues) context.issues.push({ ...issue, input } as z.core.$ZodRawIssue)
      return z.NEVER
    })
    .describe(description)
  shapes.set(schema, branches)
  return schema
}

/**
 * Chooses by the word that stands under `key`: `{ family: garnet, ... }`.
 * @param known the words that a person may give, where these are more than the branches
 */
export const byWord =
  <T extends z.ZodType>(
    key: string,
    branches: Readonly<Record<string, T>>,
    known: readonly string[] = Object.keys(branches),
  ) =>
  (input: Record<string, unknown>): T | Misfit => {
    const tag = input[key]
    const chosen = typeof tag === 'string' && Object.hasOwn(branches, tag) ? branches[tag] : undefined
    if (chosen !== undefined) return chosen
    const meant = typeof tag === 'string' ? didYouMean(tag, known) : ''
    return { path: [key], message: expected(`one of ${known.join(', ')}`)({ input: tag }) + meant }
  }

/**
 * Chooses by the first key that is present: `{ dirichlet: 0.3 }`.
 * @param known the keys that a person may give, where these are more than the branches
 */
export const byKey =
  <T extends z.ZodType>(branches: Readonly<Record<string, T>>) =>
  (input: Record<string, unknown>, known: readonly string[] = Object.keys(branches)): T | Misfit => {
    for (const [key, branch] of Object.entries(branches)) if (input[key] !== undefined) return branch
    const typo = Object.keys(input).find((key) => didYouMean(key, known) !== '')
    if (typo !== undefined) return { path: [typo], message: unknownKey(typo, known) }
    const got = Object.keys(input).join(', ') || 'none'
    return {
      path: [],
      message: `expected a mapping with one of the keys ${known.join(', ')}, got ${got.slice(0, 80)}`,
    }
  }

/**
 * The JSON Schema (draft 2020-12) of what a person may write.
 * @param partial leave out which keys are required, for a file whose `vary` supplies some
 */
export function jsonSchema(schema: z.ZodType, partial = false): Record<string, unknown> {
  const { $schema: _, ...result } = z.toJSONSchema(schema, {
    io: 'input',
    override: ({ zodSchema, jsonSchema: json }) => {
      const branches = shapes.get(zodSchema)
      if (branches !== undefined) json.anyOf = branches.map((branch) => jsonSchema(branch, partial))
      if (partial) delete json.required
    },
  })
  return result
}
