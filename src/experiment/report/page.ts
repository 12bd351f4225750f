/** The page: what was found, first; how it was made, last. */
import type { Coverage } from '../../mdp/coverage.ts'
import { summarise } from '../../metrics/curve.ts'
import type { Advice, ReportInput, ReportVariant } from './input.ts'
import { coverageGroups, undrawn, type Figure } from './figures.ts'
import { federationSection } from './federation.ts'
import { findings } from './findings.ts'
import { learnedTables } from './learned.ts'
import { html, list, NONE, raw, table, type Markup } from './markup.ts'
import { STYLE } from './style.ts'
import { agentsSection } from './agents.ts'
import { claimSection } from './verdicts.ts'
import {
  counted,
  interval,
  isOfOneAgent,
  listed,
  number,
  outcomeOf,
  rangesOf,
  variantsNamed,
  visiting,
} from './words.ts'

/** Most rows of a table; the rest is in `summary.json`. */
const MOST_ROWS = 200
/** Most groups of variants that theory speaks of. */
const MOST_ADVISED = 24

/** The whole document. */
export function pageOf(input: ReportInput, figures: readonly Figure[]): string {
  const inSection = (section: Figure['section']): Markup[] =>
    figures.filter((figure) => figure.section === section).map(figureMarkup)
  const body = html` <header>
      <h1>${input.name}</h1>
      ${summary(input)}
    </header>
    <main>
      ${section('Verdicts', claimSection(input, inSection('claim')))}
      ${section('Curves', inSection('curves'))} ${section('What was learned', learnedTables(input.variants))}
      ${section('Coverage', coverageSection(input.variants, inSection('coverage')))}
      ${section('Greedy policies', gallery(inSection('policies'), undrawn(input.variants).policies))}
      ${section('Agents', agentsSection(input))} ${section('Variants', variantSection(input))}
      ${section('Federation', federationSection(input.federation))}
      ${section('Theory', theorySection(input.variants))}
      ${section('Notes', [
        input.claim === null ? list(input.notes) : NONE,
        ...sentencesByVariant(input.variants, ({ notes }) => notes),
      ])}
      ${section('How this was made', provenance(input))}
    </main>`
  const policy = "default-src 'none'; style-src 'unsafe-inline'"
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <title>${input.name}</title>
        <style>
          ${raw(STYLE)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html> `
  return page.markup
}

function section(title: string, content: Markup | readonly Markup[]): Markup {
  const inner = html`${content}`
  return inner.markup.trim() === ''
    ? NONE
    : html`<section>
        <h2>${title}</h2>
        ${inner}
      </section>`
}

const figureMarkup = ({ caption, svg }: Figure): Markup =>
  html`<figure>
    ${raw(svg)}
    <figcaption>${caption}</figcaption>
  </figure> `

/** Small figures side by side, as many as fit. */
const gallery = (figures: readonly Markup[], rest: readonly string[]): Markup =>
  figures.length === 0
    ? NONE
    : html`<div class="gallery">${figures}</div>
        ${list(rest)}`

/** One paragraph. */
function summary(input: ReportInput): Markup {
  const { claim } = input
  const judged = claim === null ? [] : [`${outcomeOf(claim.verdicts)} at these seeds.`]
  const measured = claim === null || input.samples.size > 0 ? findings(input) : []
  return html`<p class="summary">${[...judged, ...measured].join(' ')}</p>`
}

function coverageSection(variants: readonly ReportVariant[], figures: readonly Markup[]): Markup[] {
  const groups = coverageGroups(variants)
  if (groups.length === 0) return []
  const head = [
    'variants',
    'μ_min',
    'μ_avg',
    'C_het',
    'mixing time, steps',
    'covered pairs',
    'unreached pairs',
  ]
  const rows = groups.map(({ coverage, names }) => [
    variantsNamed(names, variants.length),
    number(coverage.muMin),
    number(coverage.muAvg),
    number(coverage.cHet),
    mixing(coverage),
    `${number(100 * coverage.coveredFraction)} %`,
    String(coverage.uncoveredTotal),
  ])
  const remarks = groups.flatMap(({ coverage, names }) =>
    remarksOn(coverage, variantsNamed(names, variants.length)),
  )
  const what = html`<p>
    Of the first seed’s problem. μ_min and μ_avg are the least long-run shares of steps at a pair, over single
    agents and over their average; C_het is the largest ratio of an agent’s share to the average; the mixing
    time is that of the slowest agent.
  </p> `
  return [
    what,
    table('Coverage', head, rows.slice(0, MOST_ROWS), [1, 2, 3, 4, 5, 6]),
    list(remarks),
    ...figures,
    list(undrawn(variants).coverage),
  ]
}

function mixing({ mixingTime, noMixing }: Coverage): string {
  return mixingTime === null ? `none: ${noMixing ?? 'not looked for'}` : number(mixingTime)
}

function remarksOn(coverage: Coverage, names: string): string[] {
  const { dependsOnStart, periodic, empirical, uncoveredTotal } = coverage
  return [
    ...(uncoveredTotal > 0
      ? [
          `${names}: no agent ${visiting(empirical)} ${counted(uncoveredTotal, 'pair')}, so the federation cannot learn them.`,
        ]
      : []),
    ...(dependsOnStart
      ? [
          `${names}: an agent can end in more than one part of the problem; the shares are averages over runs from its start law.`,
        ]
      : []),
    ...(periodic ? [`${names}: an agent’s chain is periodic; the shares are long-run averages.`] : []),
    ...(empirical ? [`${names}: these are frequencies in the recorded logs, not laws of a model.`] : []),
  ]
}

function variantSection({ variants, samples }: ReportInput): Markup[] {
  if (variants.length === 0) return []
  const keys = [...new Set(variants.flatMap(({ assignment }) => Object.keys(assignment)))]
  const metrics = [...new Set([...samples.values()].flatMap((inner) => [...inner.keys()]))].filter(
    (metric) => !isOfOneAgent(metric),
  )
  const final = (name: string, metric: string): string => {
    const last = samples.get(name)?.get(metric)?.at(-1)
    if (last === undefined) return ''
    const { value, low, high } = summarise(last)
    return low === high ? number(value) : interval({ value, low, high })
  }
  const rows = variants
    .slice(0, MOST_ROWS)
    .map(({ name, assignment }) => [
      name,
      ...keys.map((key) => setting(assignment[key])),
      ...metrics.map((metric) => final(name, metric)),
    ])
  const left =
    variants.length > MOST_ROWS
      ? [html`<p>${variants.length - MOST_ROWS} more variants are in summary.json.</p> `]
      : []
  const numeric = metrics.map((_, i) => 1 + keys.length + i)
  return [
    table(
      'What each variant sets, and its last numbers: mean over seeds [95 % bootstrap interval]',
      ['variant', ...keys, ...metrics],
      rows,
      numeric,
    ),
    ...left,
  ]
}

function setting(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** What theory says, once for all variants that it says the same of. */
function theorySection(variants: readonly ReportVariant[]): Markup[] {
  const groups = new Map<string, { advice: Advice; names: string[] }>()
  for (const { name, advice } of variants) {
    if (advice === null) continue
    const key = JSON.stringify(advice)
    const group = groups.get(key) ?? { advice, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  const told = [...groups.values()].slice(0, MOST_ADVISED)
  const asked = [...new Set(told.map(({ advice }) => advice.asked))]
  const one = asked.length === 1
  return [
    one ? html`<p>${asked}</p> ` : NONE,
    ...told.map(({ advice, names }) => [
      names.length === variants.length ? NONE : html`<h3>${listed(names)}</h3> `,
      one ? NONE : html`<p>${advice.asked}</p> `,
      list(advice.sentences),
    ]),
    groups.size > told.length
      ? html`<p>${groups.size - told.length} more groups of variants are left out.</p> `
      : NONE,
  ].flat()
}

/** Sentences that several variants share are told once, with the names. */
function sentencesByVariant(
  variants: readonly ReportVariant[],
  sentences: (variant: ReportVariant) => readonly string[],
): Markup[] {
  const names = new Map<string, string[]>()
  for (const variant of variants) {
    for (const sentence of new Set(sentences(variant)))
      names.set(sentence, [...(names.get(sentence) ?? []), variant.name])
  }
  const told = [...names].map(([sentence, whose]) =>
    whose.length === variants.length ? sentence : `${listed(whose)}: ${sentence}`,
  )
  return [list(told.slice(0, MOST_ROWS))]
}

function provenance({ version, hashes, command, seeds, experiment }: ReportInput): Markup[] {
  const lines = Object.entries(hashes).map(
    ([name, hash]) =>
      html`<dt>sha256 of ${name}</dt>
        <dd><code>${hash}</code></dd> `,
  )
  return [
    html`<dl>
      <dt>fedrl</dt>
      <dd>${version}</dd>
      ${lines}
      <dt>seeds</dt>
      <dd>${rangesOf(seeds)}</dd>
      <dt>again</dt>
      <dd><code>${command}</code></dd>
    </dl> `,
    experiment === null
      ? NONE
      : html`<h3>The experiment, defaults filled in</h3>
          <pre tabindex="0"><code>${experiment}</code></pre> `,
  ]
}
