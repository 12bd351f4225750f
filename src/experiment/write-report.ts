/** The report of a run and its figures, as files. */
import { join } from 'node:path'
import type { Writer } from './disk.ts'
import { renderReport } from './report.ts'
import { reportInputOf, type Measured } from './report-input.ts'

/** Writes `figures/*.svg`, `figures/*.png` and `report.html` of the run in `folder`, whose rows and models are written. */
export async function writeReport(folder: string, measured: Measured, write: Writer): Promise<void> {
  const { html, figures } = await renderReport(await reportInputOf(folder, measured))
  const utf8 = (text: string): [Uint8Array] => [new TextEncoder().encode(text)]
  for (const { name, svg, png } of figures) {
    await write(join(folder, 'figures', `${name}.svg`), utf8(svg))
    await write(join(folder, 'figures', `${name}.png`), [png])
  }
  await write(join(folder, 'report.html'), utf8(html))
}
