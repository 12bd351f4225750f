import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { buildBehaviors } from '../agent/behavior.ts'
import { coverage } from '../mdp/coverage.ts'
import { frozenLake } from '../mdp/families.ts'
import type { Row } from '../metrics/row.ts'
import { gather } from '../metrics/samples.ts'
import { findings } from './report/findings.ts'
import type { ReportInput, ReportVariant } from './report/input.ts'
import { renderReport } from './report.ts'

const lake = frozenLake({ map: '4x4', slippery: true, discount: 0.9 })
const behaviors = buildBehaviors('one-action', lake.mdp, 4, 1)
const seen = behaviors.ok ? coverage(lake.mdp, behaviors.value, { mixingTimeCap: 100 }) : null

/** Errors that fall with the step: `level` sets the variant apart, the seed adds noise that all variants share. */
const rowsOf = (variant: string, level: number, seeds: number): Row[] =>
  Array.from({ length: seeds }, (_, i) => i + 1).flatMap((seed) =>
    [100, 200, 300].map((step) => ({
      variant,
      seed,
      round: step / 50,
      step,
      metric: 'error',
      value: ((level + (seed % 3) / 20) * 100) / step,
    })),
  )

const variant = (name: string, assignment: Record<string, unknown>): ReportVariant => ({
  name,
  assignment,
  coverage: seen,
  policy:
    lake.grid === undefined
      ? null
      : { grid: lake.grid, action: new Uint32Array(16), terminal: lake.mdp.terminal },
  learned: null,
  advice: { asked: 'Asked for an error of 1:', sentences: ['tau is larger than Theorem 3 allows.'] },
  optimum: null,
  notes: [],
})

const input = (names: readonly string[], seeds = 8): ReportInput => ({
  name: 'lake <script>alert(1)</script> "quoted" & more',
  version: '1.2.3',
  hashes: { 'experiment.yaml': 'c0ffee' },
  command: 'fedrl run "<b>.yaml"',
  seeds: Array.from({ length: seeds }, (_, i) => i + 1),
  variants: names.map((name) => variant(name, { 'algorithm.averaging': name })),
  samples: gather(names.flatMap((name, i) => rowsOf(name, 1 + i, seeds))),
  residual: 1e-12,
  truth: null,
  stepName: 'steps per agent, T',
  slopes: [{ metric: 'error', name: 'theory: error ∝ T^-1/2', exponent: -0.5 }],
  notes: ['The last round has 10 steps.'],
  claim: null,
  federation: null,
  experiment: 'name: <lake>\n',
})

const told = (made: ReportInput): string => findings(made).join(' ')

describe('renderReport', () => {
  it('gives the same bytes twice', async () => {
    const [first, second] = [
      await renderReport(input(['equal', 'importance'])),
      await renderReport(input(['equal', 'importance'])),
    ]
    expect(second.html).toBe(first.html)
    expect(second.figures).toEqual(first.figures)
  })

  it('needs nothing from outside and runs nothing', async () => {
    const { html } = await renderReport(input(['equal', 'importance']))
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(
      /https?:|src=|@import|url\(|<script|<link/,
    )
    expect(parseHTML(html).document.querySelector('meta[http-equiv]')?.getAttribute('content')).toContain(
      "default-src 'none'",
    )
  })

  it('escapes what users wrote, wherever it stands', async () => {
    const named = input(['<img src=x onerror=alert(1)>', '"><svg onload=alert(1)>'])
    const { html, figures } = await renderReport({ ...named, notes: ['<script>1</script>'] })
    const { document } = parseHTML(html)
    expect(document.querySelectorAll('script, img, b, [onerror], [onload]')).toHaveLength(0)
    expect(document.querySelector('h1')?.textContent).toBe(named.name)
    for (const { svg, name } of figures) {
      expect(
        parseHTML(`<body>${svg}</body>`).document.querySelectorAll('script, img, [onload], [onerror]'),
      ).toHaveLength(0)
      expect(name).toMatch(/^[A-Za-z0-9._=-]+$/)
    }
  })

  it('has every part, with headings in order and titled figures', async () => {
    const { html, figures } = await renderReport(input(['equal', 'importance']))
    const { document } = parseHTML(html)
    const headings = [...document.querySelectorAll('h2')].map(({ textContent }) => textContent)
    expect(headings).toEqual([
      'Curves',
      'Coverage',
      'Greedy policies',
      'Variants',
      'Theory',
      'Notes',
      'How this was made',
    ])
    expect(figures.map(({ name }) => name)).toEqual(['curve-error', 'coverage-1', 'policy-equal'])
    expect(document.querySelectorAll('figure svg[role=img] > title')).toHaveLength(3)
    for (const text of [
      '1.2.3',
      'c0ffee',
      '1 to 8',
      'fedrl run "<b>.yaml"',
      'name: <lake>',
      'theory: error ∝ T^-1/2',
    ])
      expect(document.body.textContent).toContain(text)
  })

  it('says what theory says once for all variants, and by name where it differs', async () => {
    const told = async (made: ReportInput): Promise<string> =>
      parseHTML((await renderReport(made)).html).document.body.textContent.replaceAll(/\s+/g, ' ')
    const same = input(['equal', 'importance'])
    expect((await told(same)).split('Asked for an error of 1:')).toHaveLength(2)
    expect(await told(same)).toContain('Asked for an error of 1: tau is larger')
    const [first, second] = same.variants as [ReportVariant, ReportVariant]
    const advice = { asked: 'Asked for an error of 1:', sentences: ['tau is small enough.'] }
    const text = await told({ ...same, variants: [first, { ...second, advice }] })
    expect(text.split('Asked for an error of 1:')).toHaveLength(2)
    expect(text).toContain('importance tau is small enough.')
  })

  it('prints what was learned where there is no picture, and tells what no agent tried', async () => {
    const average = Float64Array.of(0.5, 0, 0.2, 0.3, 0, 0, 0, 0)
    const learned = {
      states: 4,
      actions: 2,
      q: Float64Array.of(-2, 0, -1.5, -1.25, 0, 0, 0, 0),
      terminal: Uint8Array.of(0, 0, 1, 0),
    }
    const [only] = input(['equal']).variants as [ReportVariant]
    const coverage = seen === null ? null : { ...seen, average }
    const variants = [{ ...only, policy: null, learned, coverage }]
    const { document } = parseHTML((await renderReport({ ...input(['equal']), variants })).html)
    const rows = [...document.querySelectorAll('[aria-label^="Greedy action"] tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent.trim()),
    )
    expect(rows).toEqual([
      ['0', '1, which no agent tried', '-2', '–'],
      ['1', '1', '-1.5', '-1.25'],
      ['3', 'no agent acts here', '–', '–'],
    ])
  })

  it('draws no curve of what was merely spent', async () => {
    const rows = rowsOf('equal', 1, 2).map((row) => ({ ...row, metric: 'samples' }))
    const { figures } = await renderReport({ ...input(['equal']), samples: gather(rows) })
    expect(figures.map(({ name }) => name)).toEqual(['coverage-1', 'policy-equal'])
  })

  it('makes PNG files of the figures', async () => {
    const { figures } = await renderReport(input(['equal']))
    for (const { png } of figures) {
      expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
      expect(png.length).toBeGreaterThan(3000)
    }
  })

  it('draws many variants as small multiples, each named', async () => {
    const names = Array.from({ length: 10 }, (_, i) => `tau=${i}`)
    const { figures } = await renderReport(input(names))
    for (const name of names) expect(figures[0]?.svg).toContain(`>${name}</text>`)
  })

  it('stays small for a million values', async () => {
    const steps = Array.from({ length: 5000 }, (_, i) => ({
      step: i + 1,
      round: i + 1,
      seeds: [1, 2, 3],
      values: [1 / (i + 1), 2 / (i + 1), 3 / (i + 1)],
    }))
    const samples = new Map([['equal', new Map([['error', steps]])]])
    expect((await renderReport({ ...input(['equal']), samples })).html.length).toBeLessThan(100_000)
  })
})

describe('findings', () => {
  it('tells two variants apart by paired differences', () => {
    const text = told(input(['equal', 'importance']))
    expect(text).toContain('At step 300 equal has an error of')
    expect(text).toContain(
      'The paired difference over 8 seeds is -0.3333 [-0.3333, -0.3333], so equal is below importance.',
    )
    expect(text).toContain('Q* is known exactly, to within 1e-12 in every entry')
  })

  it('says so when they cannot be told apart, or seeds are few', () => {
    const made = input(['equal', 'importance'])
    const noisy = gather([
      ...rowsOf('equal', 1, 8),
      ...rowsOf('importance', 1, 8).map((row) => ({
        ...row,
        value: row.value + (row.seed % 2 === 0 ? 0.1 : -0.1),
      })),
    ])
    expect(told({ ...made, samples: noisy })).toContain('so the two cannot be told apart at these seeds.')
    const few = told(input(['equal', 'importance'], 3))
    expect(few).toContain('so the two cannot be told apart at these seeds.')
    expect(few).toContain('no difference is called decided below 6')
    expect(told(input(['equal'], 1))).toContain('With one seed nothing can be said')
  })

  it('names the best of many and what it is below', () => {
    const text = told(input(['a', 'b', 'c'], 12))
    expect(text).toContain('the lowest mean error of 3 variants is that of a:')
    expect(text).toContain('It is below b and c.')
  })

  it('counts the verdicts of a claim', async () => {
    const claim = {
      source: 'figure 3',
      verdicts: [
        { claim: 'a < b', verdict: 'holds', evidence: 'by 0.1' },
        { claim: 'b rises', verdict: 'undecided', evidence: '' },
      ],
      table: [{ quantity: 'T = 50', published: 0.2, ours: { value: 0.25, low: 0.2, high: 0.3 } }],
      figures: [
        {
          name: 'figure-3',
          chart: {
            title: 'figure 3',
            xLabel: 'T',
            yLabel: 'error',
            series: [{ name: 'a', points: [{ x: 1, y: 2 }] }],
          },
        },
      ],
    } as const
    const made = { ...input([]), claim, samples: new Map() }
    const { html, figures } = await renderReport(made)
    expect(parseHTML(html).document.querySelector('.summary')?.textContent).toBe(
      '1 of 2 claims hold, 1 is undecided at these seeds.',
    )
    expect(figures.map(({ name }) => name)).toEqual(['figure-3'])
    for (const text of ['a &lt; b', 'by 0.1', '0.25 [0.2, 0.3]', '>published<']) expect(html).toContain(text)
    const bare = { ...claim, table: claim.table.map((row) => ({ ...row, published: null })) }
    expect((await renderReport({ ...made, claim: bare })).html).not.toContain('>published<')
  })
})
