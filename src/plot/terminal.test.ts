import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { terminalChart, type TerminalOptions } from './terminal.ts'

const options: TerminalOptions = { width: 40, height: 6, xLabel: 'steps', yLabel: 'error' }
const falling = { name: 'equal', points: [1, 2, 3, 4, 5, 6].map((x) => [x * 100, 6 - x] as const) }
const flat = { name: 'importance', points: [1, 2, 3, 4, 5, 6].map((x) => [x * 100, 1] as const) }

describe('terminalChart', () => {
  it('is as it was', () => {
    expect(terminalChart([falling, flat], options)).toMatchSnapshot('braille')
    expect(terminalChart([falling, flat], { ...options, ascii: true })).toMatchSnapshot('ascii')
  })

  it('keeps to its width, in plain ASCII where asked, and names every series', () => {
    const point = fc.tuple(fc.double({ min: -1e6, max: 1e6 }), fc.double({ min: -1e6, max: 1e6 }))
    fc.assert(
      fc.property(
        fc.array(fc.array(point), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 24, max: 90 }),
        fc.boolean(),
        (lines, width, logY) => {
          const series = lines.map((points, i) => ({ name: `s${i}`, points }))
          const text = terminalChart(series, { ...options, width, logY, ascii: true })
          // oxlint-disable-next-line no-control-regex
          expect(text).toMatch(/^[\x20-\x7e\n]*$/)
          if (text.includes('nothing to draw')) return
          for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(Math.max(width, 40))
          for (const { name } of series) expect(text).toContain(name)
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })

  it('colours only where asked', () => {
    expect(terminalChart([falling], options)).not.toContain('\u001b')
    expect(terminalChart([falling], { ...options, colour: true })).toContain('\u001b[34m●\u001b[39m')
  })

  it('gives series distinct glyphs', () => {
    const text = terminalChart([falling, flat], options)
    expect(text).toContain('● equal')
    expect(text).toContain('▲ importance')
  })

  it('spaces a log axis by ratios and names its ends as they are', () => {
    const doubling = { name: 'a', points: [1, 2, 4, 8, 16].map((x, i) => [x, i + 1] as const) }
    const straight = { name: 'a', points: [1, 2, 3, 4, 5].map((x) => [x, x] as const) }
    const plotOf = (text: string): string[] => text.split('\n').slice(0, -3)
    const drawn = terminalChart([doubling], { ...options, logX: true })
    expect(plotOf(drawn)).toEqual(plotOf(terminalChart([straight], options)))
    expect(drawn).toMatch(/ 1 +16\n/)
  })

  it('says when there is nothing to draw', () => {
    expect(terminalChart([{ name: 'a', points: [[1, NaN]] }], options)).toBe('error: nothing to draw')
  })
})
