/** The style of a report: reads on light and dark screens and on paper. Figures keep a white ground on either. */

/** CSS of the page. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #c8c8c8; --soft: #5a5a5a; --tint: #f3f5f7 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #16181b; --line: #44484d; --soft: #a9adb2; --tint: #202327 } }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 60rem; color: var(--ink); background: var(--paper); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
h1 { margin: 0 0 .5rem; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere }
h2 { margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); font-size: 1.25rem }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem }
p, li, dd { max-width: 46rem; overflow-wrap: anywhere }
.summary { font-size: 1.08rem }
figure { margin: 1.25rem 0; break-inside: avoid }
figure svg { display: block; max-width: 100%; height: auto; border: 1px solid var(--line); border-radius: 4px; background: #ffffff }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 0 1.5rem }
figcaption { margin-top: .4rem; max-width: 46rem; overflow-wrap: anywhere; color: var(--soft); font-size: .9rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; font-variant-numeric: tabular-nums }
caption { padding-bottom: .4rem; text-align: left; color: var(--soft) }
th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
thead th { border-bottom: 2px solid var(--line) }
tbody th { font-weight: 600 }
.number { text-align: right; white-space: nowrap }
.verdict { white-space: nowrap; font-weight: 600 }
dt { margin-top: .6rem; color: var(--soft); font-size: .9rem }
dd { margin: 0 }
pre { overflow-x: auto; padding: .75rem 1rem; background: var(--tint); border-radius: 4px }
code { font: .88rem/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace }
@media print {
  :root { --ink: #000000; --paper: #ffffff; --line: #a0a0a0; --soft: #333333; --tint: #ffffff }
  body { max-width: none; padding: 0; font-size: 10.5pt }
  .wide, pre { overflow: visible }
  pre { white-space: pre-wrap }
  table { font-size: 8.5pt }
  h2, h3, caption, thead { break-after: avoid }
  tr { break-inside: avoid }
}
`
