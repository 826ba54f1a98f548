/** How the report looks: on a screen, on a projector, on paper. */
export const reportStyle = `
:root { --ink: #222; --faint: #666; --line: #dcdcdc; --soft: #f5f7f9; --blue: #00527f; --note: #8a4b00; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; color: var(--ink); background: #fff; word-break: keep-all; overflow-wrap: anywhere;
  font: 17px/1.6 "Gothic A1", "Noto Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", sans-serif; }
.page { max-width: 1240px; margin: 0 auto; padding: 0 28px 64px; }
header { padding: 44px 0 20px; border-bottom: 3px solid var(--blue); margin-bottom: 28px; }
h1 { font-size: 34px; line-height: 1.25; margin: 0 0 6px; }
h2 { font-size: 26px; line-height: 1.3; margin: 0 0 14px; padding-top: 16px; color: var(--blue); }
h3 { font-size: 19px; margin: 28px 0 8px; }
p { margin: 0 0 14px; max-width: 46em; }
header p { color: var(--faint); margin: 0; }
.lead { font-size: 21px; line-height: 1.5; }
/* the English below the Korean */
small { display: inline-block; font-size: 0.84em; line-height: 1.5; color: var(--faint); }
.finding { font-size: 18px; line-height: 1.55; border-left: 4px solid var(--blue); padding-left: 16px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin: 22px 0; }
.card { background: var(--soft); border-left: 4px solid var(--blue); padding: 12px 16px; }
.card b { display: block; font-size: 27px; line-height: 1.25; }
.card > span { color: var(--faint); font-size: 14px; line-height: 1.4; display: block; }
nav ol { margin: 0; padding: 0; list-style: none; counter-reset: part; }
nav li { counter-increment: part; margin: 0 0 5px; font-size: 15px; line-height: 1.35; padding-left: 26px; text-indent: -26px; }
nav li::before { content: counter(part); display: inline-block; width: 26px; text-indent: 0; color: var(--faint); }
nav a { color: var(--blue); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav .missing a { color: var(--faint); }
main section { border-top: 1px solid var(--line); margin-top: 36px; padding-top: 12px; scroll-margin-top: 8px; }
main section:first-child { border-top: 0; margin-top: 0; padding-top: 0; }
figure { margin: 20px 0; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption, .small { color: var(--faint); font-size: 14px; line-height: 1.5; }
.table { position: relative; overflow-x: auto; margin: 14px 0 20px; }
table { border-collapse: collapse; font-size: 15px; line-height: 1.45; }
thead th { text-align: left; font-weight: 700; border-bottom: 2px solid var(--ink); vertical-align: bottom; }
tbody th { text-align: left; font-weight: 400; }
/* heard, not seen: the heading above says the same */
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
td, tbody th { border-bottom: 1px solid var(--line); vertical-align: top; }
th, td { padding: 6px 18px 6px 0; }
th:last-child, td:last-child { padding-right: 4px; }
th, td { overflow-wrap: normal; }
td:not(.number) { min-width: 5.5em; }
tbody th { min-width: 9em; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
table.wide { font-size: 13.5px; }
.wide th, .wide td { padding-right: 12px; }
tr.strong td, tr.strong th { font-weight: 700; background: var(--soft); }
dl { margin: 14px 0; }
dl div { display: grid; grid-template-columns: minmax(150px, 250px) 1fr; gap: 4px 18px; border-bottom: 1px solid var(--line); padding: 5px 0; font-size: 15px; }
dt { color: var(--faint); }
dd { margin: 0; }
blockquote { margin: 10px 0 18px; padding: 8px 16px; background: var(--soft); border-left: 4px solid var(--line);
  white-space: pre-line; font-size: 15px; line-height: 1.5; }
.missing-note { color: var(--note); background: #fdf6ec; border-left: 4px solid #e0a458; padding: 10px 16px; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.92em; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 32px; align-items: start; }
@media (max-width: 900px) { .pair { grid-template-columns: 1fr; } }
@media (min-width: 1100px) {
  .body { display: grid; grid-template-columns: 214px minmax(0, 1fr); gap: 0 44px; }
  nav { position: sticky; top: 24px; align-self: start; max-height: calc(100vh - 48px); overflow-y: auto; }
}
@media (max-width: 1099px) { nav { background: var(--soft); padding: 14px 18px; margin-bottom: 28px; } nav ol { columns: 2; } }
/* on a phone a name stands above what it names, and figures keep letters that can be read: they are moved sideways, as tables are */
@media screen and (max-width: 640px) {
  .page { padding: 0 16px 48px; }
  dl div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  figure { overflow-x: auto; }
  figure img { width: 720px; max-width: none; }
  nav ol { columns: 1; }
}
@media print {
  @page { size: A4; margin: 15mm 14mm; }
  body { font-size: 10.5pt; }
  .page { max-width: none; padding: 0; }
  header { padding-top: 0; }
  .body { display: block; }
  nav { position: static; max-height: none; overflow: visible; }
  nav ol { columns: 2; }
  main { margin-top: 24px; }
  h1 { font-size: 22pt; } h2 { font-size: 16pt; } h3 { font-size: 12pt; }
  /* what explains a table or figure stays with it; only a table longer than a page is broken, between rows, under its head again */
  h2, h3, h2 + p, h3 + p, .finding + p { break-after: avoid; }
  p, figure, .card, .table, dl div, blockquote, tr { break-inside: avoid; }
  thead { display: table-header-group; }
  figure img { max-height: 200mm; width: auto; }
  .table { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding-right: 10px; }
  table.wide { font-size: 7.5pt; }
  .card, tr.strong td, tr.strong th, blockquote, .missing-note { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`;
