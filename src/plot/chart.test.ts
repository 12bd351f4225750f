import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import { drawChart, type Chart } from './chart.ts'
import { lookOf, DISTINCT } from './palette.ts'
import type { SvgDocument } from './svg.ts'

const document = parseHTML('<!doctype html><html><body></body></html>').document as SvgDocument

const line = (level: number) =>
  [100, 200, 300].map((x) => ({ x, y: level / x, low: (0.9 * level) / x, high: (1.2 * level) / x }))
const chart: Chart = {
  title: 'error against steps',
  xLabel: 'steps per agent',
  yLabel: 'error, max |Q − Q*|',
  series: [
    { name: 'equal', points: line(20), published: [{ x: 200, y: 0.15 }] },
    { name: 'importance <b>&', points: line(10) },
  ],
  references: [
    {
      name: 'slope -1',
      points: [
        { x: 100, y: 0.3 },
        { x: 300, y: 0.1 },
      ],
    },
  ],
}

/** All text of an SVG, as a reader sees it. */
const words = (svg: string): string[] =>
  [...parseHTML(`<html><body>${svg}</body></html>`).document.querySelectorAll('text')].map(
    (text) => text.textContent,
  )

describe('drawChart', () => {
  it('is the same text twice, and as it was', () => {
    const svg = drawChart(document, {
      ...chart,
      interval: 'bar',
      series: chart.series.slice(0, 1),
      references: [],
    })
    expect(
      drawChart(document, { ...chart, interval: 'bar', series: chart.series.slice(0, 1), references: [] }),
    ).toBe(svg)
    expect(svg).toMatchSnapshot()
  })

  it('names every series, the published points, the reference and both axes', () => {
    const shown = words(drawChart(document, chart))
    for (const text of [
      'equal',
      'importance <b>&',
      'equal, published',
      'slope -1',
      'steps per agent',
      'error, max |Q − Q*|',
    ])
      expect(shown).toContain(text)
  })

  it('escapes names and holds no style, script or id', () => {
    const svg = drawChart(document, chart)
    expect(svg).not.toMatch(/<b>|<style|<script| id=/)
    expect(svg).toContain('importance &lt;b&gt;&amp;')
  })

  it('keeps every point and interval in view', () => {
    for (const yScale of ['linear', 'log'] as const) {
      const { document: page } = parseHTML(
        `<html><body>${drawChart(document, { ...chart, yScale }).split('<g transform="translate(0,382)">')[0]}</svg></body></html>`,
      )
      const paths = [...page.querySelectorAll('[aria-label=dot] path')].map(
        (dot) => (dot.getAttribute('transform') ?? '').match(/[-\d.]+/g) ?? [],
      )
      const circles = [...page.querySelectorAll('circle')].map((dot) => [
        dot.getAttribute('cx'),
        dot.getAttribute('cy'),
      ])
      const centres = [...circles, ...paths]
      expect(centres).toHaveLength(7)
      for (const [x, y] of centres) {
        expect(Number(x)).toBeGreaterThan(70)
        expect(Number(x)).toBeLessThan(702)
        expect(Number(y)).toBeGreaterThan(14)
        expect(Number(y)).toBeLessThan(340)
      }
    }
  })

  it('draws one panel for each panel named, and its name', () => {
    const series = ['a', 'b', 'c', 'd', 'e'].map((panel) => ({ name: 'equal', panel, points: line(5) }))
    const shown = words(drawChart(document, { ...chart, series, references: [] }))
    for (const panel of ['a', 'b', 'c', 'd', 'e', 'equal'])
      expect(shown.filter((text) => text === panel)).toHaveLength(1)
  })

  it('leaves out points that are not finite and survives a single point and none', () => {
    const odd = drawChart(document, {
      ...chart,
      series: [
        {
          name: 'a',
          points: [
            { x: 1, y: NaN },
            { x: 2, y: 3 },
          ],
        },
      ],
      references: [],
    })
    expect(odd).not.toContain('NaN')
    expect(drawChart(document, { ...chart, series: [], references: [] })).toContain('<svg')
  })
})

describe('lookOf', () => {
  it('differs in colour, dash and symbol alike', () => {
    const looks = Array.from({ length: DISTINCT }, (_, i) => lookOf(i))
    for (const key of ['colour', 'dash', 'symbol'] as const)
      expect(new Set(looks.map((look) => look[key])).size).toBe(DISTINCT)
  })
})
