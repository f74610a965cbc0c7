/**
 * The style sheet of a report page. A page carries it whole, and its policy allows no other: SHA-256 of this very text,
 * which a test computes again.
 */
import { COLOURS } from '../../../charts/colours.ts'

const tokens = Object.entries(COLOURS)
  .map(([token, [light, dark]]) => `  ${token}: light-dark(${light}, ${dark});`)
  .join('\n')

export const STYLES = `
:root {
  color-scheme: light dark;
${tokens}
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--surface);
  color: var(--text);
  font: 14px/21px system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1040px; margin: 0 auto; padding: 40px 40px 64px; background: var(--surface-raised); min-height: 100vh; }
h1 { font-size: 25px; line-height: 32px; font-weight: 600; margin: 0 0 4px; overflow-wrap: anywhere; text-wrap: balance; }
h2 { font-size: 18px; line-height: 25px; font-weight: 600; margin: 48px 0 12px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 14px; line-height: 21px; font-weight: 600; margin: 24px 0 6px; }
p { margin: 0 0 12px; max-width: 92ch; text-wrap: pretty; }
ul, ol { margin: 0 0 12px; padding-left: 22px; max-width: 92ch; }
li { margin: 3px 0; }
.meta { color: var(--text-dim); margin: 0 0 20px; max-width: none; }
.dim { color: var(--text-dim); }
p, li, h1, h2, h3, td, th, caption, figcaption, dd { unicode-bidi: plaintext; overflow-wrap: break-word; }
code, pre { font-family: ui-monospace, 'Cascadia Mono', 'SF Mono', 'DejaVu Sans Mono', monospace; font-size: 12px; }
code { overflow-wrap: anywhere; }
nav { margin: 20px 0 28px; color: var(--text-dim); font-size: 13px; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; padding: 0; margin: 0; max-width: none; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
sup { font-size: 10px; line-height: 0; font-weight: 400; margin-left: 1px; }
.verdict { margin: 0 0 16px; padding: 12px 16px; border-left: 5px solid; border-radius: 2px 6px 6px 2px; background: var(--surface); max-width: none; }
.verdict strong { font-size: 18px; line-height: 25px; display: block; }
.verdict.good { border-color: var(--good); } .verdict.good strong { color: var(--good); }
.verdict.warn { border-color: var(--warn); } .verdict.warn strong { color: var(--warn); }
.verdict.bad { border-color: var(--bad); } .verdict.bad strong { color: var(--bad); }
td.good { color: var(--good); } td.warn { color: var(--warn); } td.bad { color: var(--bad); } td.dim { color: var(--text-dim); }
section:first-of-type > h2 { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); }
figure { margin: 20px 0 24px; break-inside: avoid; }
figure p { max-width: none; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: 6px; color: var(--text-dim); font-size: 13px; line-height: 19px; }
figcaption strong { color: var(--text); }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 3px 18px; padding: 0; margin: 8px 0 8px; max-width: none; font-size: 13px; }
.legend li { display: flex; gap: 6px; align-items: center; margin: 0; }
.legend svg { width: 10px; height: 10px; flex: none; }
.finding { margin: 10px 0; padding: 2px 0 2px 14px; border-left: 3px solid var(--line-strong); break-inside: avoid; }
.finding p { margin: 0 0 2px; overflow-wrap: anywhere; }
.finding.error { border-color: var(--bad); } .finding.warning { border-color: var(--warn); }
.finding .severity { font-weight: 600; } .finding.error .severity { color: var(--bad); } .finding.warning .severity { color: var(--warn); }
.wide { overflow-x: auto; margin: 20px 0 24px; }
table { border-collapse: collapse; min-width: min(100%, 520px); font-size: 13px; line-height: 18px; }
caption { text-align: left; font-weight: 600; padding: 0 0 6px; }
th { text-align: left; font-weight: 500; color: var(--text-dim); font-size: 12px; vertical-align: bottom; }
th, td { padding: 4px 24px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { border-bottom-color: var(--line-strong); }
.n { text-align: right; white-space: nowrap; unicode-bidi: isolate; }
th.n { white-space: normal; }
.s { font-weight: 600; }
pre { margin: 6px 0; padding: 10px 12px; background: var(--surface); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; line-height: 18px; }
.file { margin: 16px 0 24px; }
.file dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 16px; margin: 8px 0 0; font-size: 13px; }
dt { color: var(--text-dim); } dd { margin: 0; }
.why { list-style: none; padding: 0; font-size: 13px; max-width: none; }
.notes { font-size: 13px; line-height: 19px; padding-left: 34px; max-width: none; }
.notes li { margin: 5px 0; padding-left: 4px; }
.notes li:target { background: var(--accent-soft); }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--text-dim); font-size: 12px; }
@media (max-width: 720px) { main { padding: 20px 16px 40px; } }
@media print {
  :root { color-scheme: only light; }
  @page { margin: 16mm 15mm 18mm; }
  body { background: none; font-size: 9.5pt; line-height: 13.5pt; }
  main { max-width: none; padding: 0; background: none; min-height: 0; }
  nav { display: none; }
  h1 { font-size: 17pt; line-height: 21pt; } h2 { font-size: 13pt; line-height: 17pt; margin: 22pt 0 8pt; break-after: avoid; } h3 { font-size: 10pt; line-height: 14pt; break-after: avoid; }
  section:first-of-type { break-after: page; } section:first-of-type figure { margin: 10px 0; }
  section:first-of-type + section > h2 { border-top: 0; margin-top: 0; }
  .wide { overflow: visible; } table { font-size: 8pt; line-height: 11pt; } th { font-size: 7.5pt; }
  thead { display: table-header-group; } tr { break-inside: avoid; } caption { break-after: avoid; }
  th, td { padding: 2.5pt 9pt 2.5pt 0; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7.5pt; line-height: 10.5pt; background: none; }
  code { font-size: 8pt; } figcaption, .legend, .notes, .why, .file dl { font-size: 8.5pt; line-height: 12pt; }
  sup { font-size: 6pt; } a { color: inherit; } * { print-color-adjust: exact; }
}
`
