import { describe, expect, it } from 'vitest'
import { drawHeatMap, type HeatMap } from './heat-map.ts'

const map = (rows: number, columns: number, value: readonly number[]): HeatMap => ({
  title: 'coverage',
  rows,
  columns,
  value,
  rowCount: rows,
  columnCount: columns,
  rowLabel: 'agent',
  columnLabel: 'pair <i>',
  valueLabel: 'share of steps',
})

/** Area that each shade covers, px^2. */
const areas = (svg: string): number[] =>
  [...svg.matchAll(/<path fill="[^"]+" d="([^"]+)"/g)].map(([, path]) =>
    [...(path ?? '').matchAll(/h([\d.]+)v([\d.]+)/g)].reduce(
      (sum, [, w, h]) => sum + Number(w) * Number(h),
      0,
    ),
  )

describe('drawHeatMap', () => {
  it('is as it was', () => {
    expect(drawHeatMap(map(2, 3, [0, 0.5, 0.5, 0.1, 0, 0.2]))).toMatchSnapshot()
  })

  it('shades what is positive and nothing else', () => {
    const total = (svg: string): number => areas(svg).reduce((sum, area) => sum + area, 0)
    const full = total(
      drawHeatMap(
        map(
          4,
          5,
          Array.from({ length: 20 }, (_, i) => i + 1),
        ),
      ),
    )
    const half = total(
      drawHeatMap(
        map(
          4,
          5,
          Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? i + 1 : 0)),
        ),
      ),
    )
    expect(half / full).toBeCloseTo(0.5, 6)
    expect(
      areas(
        drawHeatMap(
          map(
            4,
            5,
            Array.from({ length: 20 }, () => 0),
          ),
        ),
      ),
    ).toEqual([])
  })

  it('gives one value one shade and says which', () => {
    const svg = drawHeatMap(map(2, 2, [0.25, 0, 0, 0.25]))
    expect(areas(svg)).toHaveLength(1)
    expect(svg).toContain('>0.25</text>')
  })

  it('keeps remnants of rounding from taking the shades', () => {
    const svg = drawHeatMap(map(1, 4, [1e-300, 0.1, 0.2, 0.4]))
    expect(areas(svg).length).toBeGreaterThanOrEqual(3)
    expect(svg).not.toContain('e-300')
  })

  it('escapes its labels and says when cells are means of blocks', () => {
    const svg = drawHeatMap({ ...map(2, 2, [1, 2, 3, 4]), rowCount: 1000 })
    expect(svg).toContain('pair &lt;i&gt;')
    expect(svg).toContain('averaged over blocks to 2 by 2')
  })
})
