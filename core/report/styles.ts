/** How a report is set: one column of 68 characters, tables with rules above and below only, numbered captions, A4 when printed. */
import { chartFont, palette, type Theme } from '#core/presentation/theme.ts'
import type { Language } from '#core/contract/values.ts'

export function styles(theme: Theme, language: Language): string {
  return [variables(theme, language), text, parts, paper].join('\n')
}

/** What depends on theme and language; page numbers too, because a page's margin cannot see the variables. */
function variables(theme: Theme, language: Language): string {
  const { surface, sunken, line, ink, ink2, ink3, accent, good, bad, warn } = palette(theme)
  const colours = { surface, sunken, line, ink, 'ink-2': ink2, 'ink-3': ink3, accent, holds: good, fails: bad, open: warn }
  const declared = Object.entries(colours).map(([name, colour]) => `--${name}:${colour}`)
  const headings = language === 'ja' ? 'font-feature-settings:"tnum","palt"' : 'letter-spacing:-.01em'
  return `:root{color-scheme:${theme};${declared.join(';')};--leading:${language === 'ja' ? 1.75 : 1.6}}
h1,h2{${headings}}
@page{size:A4;margin:20mm 20mm 22mm;@bottom-right{content:counter(page) " / " counter(pages);color:${ink3};font:9pt ${chartFont}}}`
}

const text = `*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--surface);color:var(--ink);font:15px/var(--leading) ${chartFont};font-feature-settings:"tnum";text-autospace:normal;overflow-wrap:break-word;line-break:strict}
main{max-width:calc(68ch + 48px);margin:0 auto;padding:56px 24px 96px}
.kicker{margin:0 0 8px;color:var(--ink-3);font-size:13px}
h1{margin:0 0 32px;font-size:28px;line-height:1.3;font-weight:680;text-wrap:balance}
h2{margin:56px 0 12px;font-size:19px;line-height:1.4;font-weight:660;break-after:avoid}
p{margin:0 0 12px;text-wrap:pretty}
ul{margin:0 0 16px;padding-left:1.2em}
li{margin:2px 0;text-wrap:pretty}
li::marker{color:var(--ink-3)}
sup{font-size:.72em;line-height:0;vertical-align:.38em}
.label{display:block;margin:0 0 4px;color:var(--ink-3);font-size:12px;font-weight:600}
.question{margin:0 0 28px;font-size:17px}
.question p{margin:0}
.answer{margin:0 0 32px;padding:2px 0 2px 18px;border-left:3px solid var(--state)}
.answer .word{margin:0 0 6px;color:var(--state);font-size:17px;font-weight:660}
.answer .word::first-letter{text-transform:uppercase}
.answer ol{margin:0;padding:0;list-style:none}
.answer li{margin:6px 0;padding-left:1.6em;text-indent:-1.6em;font-size:16px}
.answer .sign{display:inline-block;width:1.6em;text-indent:0;color:var(--state);font-weight:700}
.holds{--state:var(--holds)}.fails{--state:var(--fails)}.open{--state:var(--open)}
.formula{margin:28px 0;text-align:center;overflow-x:auto;overflow-y:hidden;font-size:17px}
math{font-family:'STIX Two Math','Cambria Math','Latin Modern Math',math,${chartFont}}`

const parts = `figure{margin:32px 0}
figcaption,caption{color:var(--ink-2);font-size:13px;line-height:1.5;text-align:left;caption-side:top;text-wrap:pretty}
figcaption b,caption b{color:var(--ink);font-weight:660}
caption{padding:0 0 8px}
figcaption{margin-top:8px}
figure svg{display:block;width:100%;height:auto}
figure.chart{width:min(720px,100vw - 48px);margin-left:calc(50% - min(720px,100vw - 48px)/2)}
.table{margin:28px 0;overflow-x:auto}
.table.wide{width:min(720px,100vw - 48px);margin-left:calc(50% - min(720px,100vw - 48px)/2)}
table{width:100%;border-collapse:collapse;border-bottom:1.5px solid var(--ink);font-size:13px;line-height:1.45}
thead th{padding:5px 8px;border-top:1.5px solid var(--ink);border-bottom:.75px solid var(--ink);color:var(--ink-2);font-weight:600;text-align:left;vertical-align:bottom}
td{padding:4px 8px;vertical-align:top}
tbody tr:first-child td{padding-top:6px}
tbody tr:last-child td{padding-bottom:6px}
tr.begins td{border-top:1px solid var(--line)}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
th.number,td.number{text-align:right}
td.number{white-space:nowrap;font-variant-numeric:tabular-nums lining-nums}
.two td:first-child{width:12.5em;padding-right:16px;color:var(--ink-2)}
.dense table{font-size:10.5px;letter-spacing:-.01em}
.dense th,.dense td{padding-left:3px;padding-right:3px}
.dense table{table-layout:fixed}
.dense th:nth-child(1){width:6em}
.dense th:nth-child(2){width:5.5em}
.dense td:nth-child(2){color:var(--ink-3)}
.fill{visibility:hidden}
.note{margin:6px 0 0;color:var(--ink-3);font-size:12px;line-height:1.5}
details{margin-top:8px;color:var(--ink-2);font-size:12px}
summary{cursor:pointer;color:var(--accent)}
summary:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
details .scroll{max-height:320px;margin-top:8px;overflow:auto}
details table{font-size:12px}
.box{margin:16px 0 0;padding:16px 20px;border:1px solid var(--line);border-radius:6px;font-size:13px}
dl{display:grid;grid-template-columns:9em 1fr;gap:6px 16px;margin:0}
dt{color:var(--ink-2)}
dd{margin:0;overflow-wrap:anywhere}
dd div+div{color:var(--ink-2)}
.box p{margin:16px 0 4px;color:var(--ink-2)}
pre{margin:0;padding:8px 12px;border-radius:4px;background:var(--sunken);font:12px/1.5 ui-monospace,'SF Mono',Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:560px){main{padding:32px 16px 64px}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}figure.chart,.table.wide{width:100%;margin-left:0}}`

const paper = `@media print{
html{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10.5pt}
main{max-width:none;padding:0}
h1{font-size:20pt}h2{margin-top:28pt;font-size:13.5pt}
.question,.answer .word{font-size:12pt}.answer li{font-size:11pt}
figure.chart,.table.wide{width:100%;margin-left:0}
table,.box,figcaption,caption{font-size:9pt}
.dense table{font-size:7.2pt}
td{padding-top:2.5px;padding-bottom:2.5px}
.dense td{padding-top:1px;padding-bottom:1px}
.pageEnd{break-after:page}
figure,.answer,.box,tr,li{break-inside:avoid}
.short{break-inside:avoid}
.joined{break-before:avoid}
p:has(+.box),.box:has(+.box){break-after:avoid}
.table{overflow:visible}
details{display:none}
p,li{orphans:3;widows:3}
}`
