/** The Mdp file: `*.mdp.json`, one object with the outcomes as [state, action, next, probability, reward]. */
import type { Issue, Result } from '../numeric/result.ts'
import { didYouMean } from '../numeric/suggest.ts'
import { mdpOfColumns, outcomeList } from './build.ts'
import type { Ingredients, OutcomeList } from './build.ts'
import type { Issues } from './issues.ts'
import { issues, shown } from './issues.ts'
import { placesOf, repeatedKey, syntaxFault } from './json-place.ts'
import type { Mdp } from './mdp.ts'
import { checkSizes } from './validate.ts'

const KEYS = ['states', 'actions', 'discount', 'initial', 'terminal', 'transitions'] as const

/**
 * The Mdp of a JSON text `{ states, actions, discount, initial?, terminal?, transitions: [[s, a, next, probability, reward], ...] }`.
 * `initial` defaults to uniform over the states that are not terminal, `terminal` to none. Every issue has a line and a column: syntax
 * errors, unknown keys (with the nearest known one), and all that `mdpOf` refuses.
 */
export function parseMdpJson(text: string): Result<Mdp> {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text
  const document = parsed(json)
  const result = document.ok ? (repeated(json, document.value) ?? mdpOfDocument(document.value)) : document
  return result.ok ? result : { ok: false, issues: placed(json, result.issues) }
}

function parsed(json: string): Result<unknown> {
  try {
    return { ok: true, value: JSON.parse(json) }
  } catch (error) {
    const fault = syntaxFault(json)
    const { message, ...place } = fault ?? { message: error instanceof Error ? error.message : String(error) }
    return { ok: false, issues: [{ path: [], message: `not valid JSON: ${message}`, ...place }] }
  }
}

/** A key given twice, of which `JSON.parse` keeps the last. Only a text with more quotes than its keys need is looked through. */
function repeated(json: string, document: unknown): Result<never> | null {
  if (!isObject(document)) return null
  let quotes = 0
  for (let at = json.indexOf('"'); at >= 0; at = json.indexOf('"', at + 1)) quotes++
  const twice = quotes > 2 * Object.keys(document).length ? repeatedKey(json) : null
  if (twice === null) return null
  const { key, ...place } = twice
  return { ok: false, issues: [{ path: [key], message: 'expected each key once, got it twice', ...place }] }
}

function placed(json: string, list: readonly Issue[]): Issue[] {
  if (list.every((issue) => issue.line !== undefined)) return [...list]
  const places = placesOf(
    json,
    list.map((issue) => issue.path),
  )
  return list.map((issue, i) => ({ ...issue, ...places[i] }))
}

function mdpOfDocument(document: unknown): Result<Mdp> {
  const found = issues()
  const checked = check(found, document)
  if (found.list.length > 0 || checked === null) return { ok: false, issues: found.list }
  return mdpOfColumns(checked.ingredients, checked.outcomes.columns())
}

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === 'object' && x !== null && !Array.isArray(x)

/** The parts of the document, of the right types; null where it is no object. */
function check(found: Issues, document: unknown): { ingredients: Ingredients; outcomes: OutcomeList } | null {
  if (!isObject(document)) {
    found.add([], `expected an object with the keys ${KEYS.join(', ')}, got ${shown(document)}`)
    return null
  }
  for (const key of Object.keys(document))
    if (!KEYS.includes(key as 'states')) found.add([key], unknownKey(key))
  const { states, actions, discount, initial, terminal = [], transitions } = document
  checkSizes(found, states, actions, discount)
  const outcomes = outcomesOf(found, transitions)
  const sizes = { states: Number(states), actions: Number(actions), discount: Number(discount) }
  const law = initial === undefined ? {} : { initial: numbersOf(found, 'initial', initial) }
  return { ingredients: { ...sizes, ...law, terminal: numbersOf(found, 'terminal', terminal) }, outcomes }
}

function numbersOf(found: Issues, key: string, list: unknown): number[] {
  if (!Array.isArray(list)) found.add([key], `expected an array of numbers, got ${shown(list)}`)
  else
    for (const [i, x] of list.entries())
      if (typeof x !== 'number') found.add([key, i], `expected a number, got ${shown(x)}`)
  return found.list.length > 0 ? [] : (list as number[])
}

const OUTCOME = 'expected [state, action, next, probability, reward], five numbers'

function outcomesOf(found: Issues, transitions: unknown): OutcomeList {
  if (!Array.isArray(transitions)) {
    found.add(
      ['transitions'],
      `expected an array of [state, action, next, probability, reward], got ${shown(transitions)}`,
    )
    return outcomeList()
  }
  const outcomes = outcomeList(transitions.length)
  for (const [i, row] of (transitions as unknown[]).entries()) {
    if (found.full()) break
    if (!Array.isArray(row) || row.length !== 5)
      found.add(['transitions', i], `${OUTCOME}, got ${shown(row)}`)
    else {
      const wrong = row.findIndex((x) => typeof x !== 'number')
      if (wrong >= 0) found.add(['transitions', i, wrong], `expected a number, got ${shown(row[wrong])}`)
      else outcomes.add(...(row as [number, number, number, number, number]))
    }
  }
  return outcomes
}

const unknownKey = (key: string): string =>
  `unknown key "${key.slice(0, 40)}"${didYouMean(key, KEYS) || `, expected one of ${KEYS.join(', ')}`}`

/** The shortest text that reads back as the same number, -0 included. */
const exact = (x: number): string => (Object.is(x, -0) ? '-0' : String(x))

/** The outcomes of one state, one a line. */
function rowsOf(mdp: Mdp, state: number): string {
  const rows: string[] = []
  for (let action = 0; action < mdp.actions; action++) {
    const pair = state * mdp.actions + action
    for (let i = mdp.start[pair] as number; i < (mdp.start[pair + 1] as number); i++)
      rows.push(
        `    [${state}, ${action}, ${mdp.next[i]}, ${exact(mdp.probability[i] as number)}, ${exact(mdp.reward[i] as number)}]`,
      )
  }
  return rows.join(',\n')
}

/** An Mdp as JSON text, one outcome a line, that {@link parseMdpJson} reads back exactly. */
export function writeMdpJson(mdp: Mdp): string {
  // A string a state, each joined at once: millions of small strings joined in one go take several times as long.
  const rows = Array.from({ length: mdp.states }, (_, state) => rowsOf(mdp, state)).filter(
    (text) => text !== '',
  )
  const terminal = Array.from(mdp.terminal).flatMap((flag, state) => (flag === 1 ? [state] : []))
  return [
    '{',
    `  "states": ${mdp.states},`,
    `  "actions": ${mdp.actions},`,
    `  "discount": ${exact(mdp.discount)},`,
    `  "initial": [${Array.from(mdp.initial, exact).join(', ')}],`,
    `  "terminal": [${terminal.join(', ')}],`,
    rows.length === 0 ? '  "transitions": []' : `  "transitions": [\n${rows.join(',\n')}\n  ]`,
    '}\n',
  ].join('\n')
}
