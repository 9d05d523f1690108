/** The looks of the morning page: by the reader's choice light or dark, and on paper. */
export const STYLE = `
:root { color-scheme: light dark;
  --ink: #1c2430; --soft: #5a6675; --line: #dfe4ea; --card: #ffffff; --ground: #f4f6f8; --code: #eef1f5;
  --bad: #c0262d; --bad-soft: #fbe4e4; --warn: #9a5b00; --warn-soft: #fdf0d5; --good: #1f7a3d; --good-soft: #def2e4;
  --calm: #3d5a80; --calm-soft: #e3ebf5; --mute: #98a3b0; }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e4e9ef; --soft: #9aa7b6; --line: #2d3641; --card: #1a2028; --ground: #11161c; --code: #232b35;
  --bad: #ff7b7f; --bad-soft: #43201f; --warn: #f0b75b; --warn-soft: #3d2f14; --good: #6fd08f; --good-soft: #173524;
  --calm: #9dbce6; --calm-soft: #1f2f45; --mute: #6b7785; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main, header, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 40px 0 4px; }
h2 + p { margin: 0 0 12px; color: var(--soft); }
.top { display: flex; gap: 20px; align-items: center; flex-wrap: wrap; }
.top div { flex: 1 1 320px; }
.top p { margin: 4px 0 0; color: var(--soft); }
.verdict { font-size: 22px; font-weight: 700; padding: 12px 22px; border-radius: 12px; white-space: nowrap; }
.bad { color: var(--bad); background: var(--bad-soft); } .warn { color: var(--warn); background: var(--warn-soft); }
.good { color: var(--good); background: var(--good-soft); } .calm { color: var(--calm); background: var(--calm-soft); }
.none { color: var(--soft); background: var(--code); }
.because { margin: 20px 0 0; padding: 12px 18px 12px 34px; background: var(--warn-soft); border-radius: 10px; }
.counts { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 24px 0 0; padding: 0; list-style: none; }
.counts a { display: block; padding: 12px 16px; border-radius: 12px; text-decoration: none; }
.counts b { display: block; font-size: 28px; line-height: 1.1; font-variant-numeric: tabular-nums; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 20px; margin: 0 0 12px; }
.card h3 { margin: 0 0 6px; font-size: 15px; overflow-wrap: anywhere; }
.card p { margin: 4px 0; overflow-wrap: anywhere; }
.says { font-weight: 500; }
.soft, small { color: var(--soft); font-size: 13px; }
.tag { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 12px; font-weight: 600; margin: 0 6px 2px 0; white-space: nowrap; }
.again { display: flex; gap: 8px; align-items: stretch; margin-top: 10px; }
code { font: 12.5px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.again code { flex: 1; background: var(--code); border-radius: 8px; padding: 7px 12px; overflow-wrap: anywhere; }
button { font: inherit; font-size: 12px; color: var(--calm); background: var(--calm-soft); border: 0; border-radius: 8px; padding: 0 12px; cursor: pointer; }
button:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--calm); outline-offset: 2px; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 9px 14px; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; font-size: 12.5px; white-space: nowrap; }
td.number, th.number, td.word { text-align: left; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td code { overflow-wrap: anywhere; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
.strip { width: 188px; }
.empty { color: var(--soft); }
details summary { cursor: pointer; color: var(--calm); font-size: 13px; margin-top: 6px; }
details ul { margin: 6px 0 0; padding-left: 20px; font-size: 13px; }
footer { padding-top: 32px; padding-bottom: 48px; color: var(--soft); font-size: 13px; }
@media (max-width: 600px) { main, header, footer { padding-left: 14px; padding-right: 14px; } }
@media print {
  @page { margin: 14mm; }
  :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --card: #fff; --ground: #fff; --code: #f2f2f2;
    --bad: #a11; --bad-soft: #fbe4e4; --warn: #7a4700; --warn-soft: #fdf0d5; --good: #175c2e; --good-soft: #def2e4;
    --calm: #2b4468; --calm-soft: #e3ebf5; --mute: #888; }
  body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main, header, footer { max-width: none; padding-left: 0; padding-right: 0; }
  button { display: none; } .card, tr, .trend { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; }
}`;
