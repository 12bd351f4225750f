/** What every figure shares: markup escaped, numbers cut, fonts, a white ground, title and description for screen readers. */

/** The part of a DOM document that drawing needs: a browser's, or linkedom's outside of one. */
export interface SvgDocument {
  /** a new element, as in a browser */
  createElementNS(namespace: string, name: string): unknown
}

/** What Plot returns, as far as it is used here. */
export interface SvgElement {
  readonly innerHTML: string
}

/** Fonts that are asked for, in order; the first is the one PNG files are made with. */
export const FONT = 'DejaVu Sans, Verdana, Helvetica, Arial, sans-serif'

/** Text size of axes and legends, px at the figure's own width. */
export const FONT_SIZE = 13

/** Text made safe inside markup and inside quoted attributes. Control characters, which XML forbids, become spaces. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what XML forbids
  const clean = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, ' ')
  return clean.replaceAll(/[&<>"']/g, (character) => entities[character] as string)
}

/** `number` with at most two decimals, as short as it can be written: a hundredth of a pixel is not seen. */
export function cut(number: number): string {
  return String(Math.round(number * 100) / 100 + 0)
}

const NUMERIC = / (d|x|y|x1|x2|y1|y2|cx|cy|r|dx|dy|width|height|transform|points)="([^"]*)"/g

/** Markup with the numbers of its geometry cut to two decimals, so that files are small and equal on every engine. */
function cutNumbers(markup: string): string {
  const shorten = (values: string): string =>
    values.replaceAll(/-?\d+\.\d{3,}(e[-+]?\d+)?/g, (text) => cut(Number(text)))
  return markup.replaceAll(NUMERIC, (_, name: string, values: string) => ` ${name}="${shorten(values)}"`)
}

/** What Plot drew, without its style element, which would leak into the page that the figure is put in. */
export function contentOf(element: SvgElement): string {
  return cutNumbers(element.innerHTML.replace(/<style>[^]*?<\/style>/, ''))
}

/** The size and the words of a figure. */
export interface Frame {
  /** px */
  readonly width: number
  /** px */
  readonly height: number
  /** what it shows, in a few words */
  readonly title: string
  /** what a reader who cannot see it should know */
  readonly description: string
}

/** A whole SVG document around `body`: standing alone or put into a page, it looks the same. */
export function svgOf({ width, height, title, description }: Frame, body: string): string {
  const box = `width="${width}" height="${cut(height)}" viewBox="0 0 ${width} ${cut(height)}"`
  const text = `font-family="${FONT}" font-size="${FONT_SIZE}" fill="#1a1a1a" text-anchor="middle"`
  const words = `<title>${escapeXml(title)}</title><desc>${escapeXml(description)}</desc>`
  const ground = `<rect width="${width}" height="${cut(height)}" fill="#ffffff"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" ${box} ${text}>${words}${ground}${body}</svg>`
}

/** One piece of text at (x, y), px. */
export function textAt(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${cut(x)}" y="${cut(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escapeXml(text)}</text>`
}

/** About how wide `text` is drawn, px: on the generous side, so that nothing overlaps. */
export function textWidth(text: string): number {
  return Array.from(text).length * FONT_SIZE * 0.62
}

/** `text` in at most `most` characters, its end replaced by an ellipsis where it is longer. */
export function shortened(text: string, most: number): string {
  const characters = Array.from(text)
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}
