/** The part of drawing that needs Node: a document outside of a browser, and PNG files with fonts that every machine has. */
import { createRequire } from 'node:module'
import { Resvg } from '@resvg/resvg-js'
import { parseHTML } from 'linkedom/worker'
import type { SvgDocument } from '../../plot/svg.ts'

const require = createRequire(import.meta.url)
const fontFile = (name: string): string => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`)

/** An empty document to draw with. */
export function newDocument(): SvgDocument {
  return parseHTML('<!doctype html><html><body></body></html>').document as SvgDocument
}

/** A PNG file of an SVG document at twice its size, with the DejaVu fonts; system fonts are not looked at. */
export function rasterise(svg: string): Uint8Array {
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      fontFiles: [fontFile('DejaVuSans'), fontFile('DejaVuSans-Bold')],
      loadSystemFonts: false,
      defaultFontFamily: 'DejaVu Sans',
    },
  })
  return new Uint8Array(resvg.render().asPng())
}
