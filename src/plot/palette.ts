/**
 * How series are told apart: colour, dash and symbol change together, so that a grey print or an eye that sees few colours
 * still can. Colours: Okabe and Ito 2008, without the yellow that is lost on white.
 */

/** How one series is drawn. */
export interface Look {
  readonly colour: string
  /** SVG stroke-dasharray; 'none' for a solid line */
  readonly dash: string
  /** a symbol of Plot's */
  readonly symbol: 'circle' | 'square' | 'triangle' | 'diamond' | 'cross' | 'star' | 'wye' | 'hexagon'
}

const LOOKS: readonly Look[] = [
  { colour: '#0072b2', dash: 'none', symbol: 'circle' },
  { colour: '#d55e00', dash: '8 3', symbol: 'square' },
  { colour: '#009e73', dash: '2 3', symbol: 'triangle' },
  { colour: '#cc79a7', dash: '10 3 2 3', symbol: 'diamond' },
  { colour: '#000000', dash: '5 2', symbol: 'cross' },
  { colour: '#e69f00', dash: '12 3', symbol: 'star' },
  { colour: '#56b4e9', dash: '4 2 1 2', symbol: 'wye' },
  { colour: '#6b6b6b', dash: '1 2', symbol: 'hexagon' },
]

/** How many series can be told apart in one panel. */
export const DISTINCT = LOOKS.length

/** The look of series `index`; after {@link DISTINCT} they repeat. */
export function lookOf(index: number): Look {
  return LOOKS[index % LOOKS.length] as Look
}

/** Text and lines that are not data. */
export const INK = '#1a1a1a'

/** Reference lines and what stands in the background. */
export const FAINT = '#8a8a8a'
