/** For screens, bright and dark, and for paper. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --line: #c9c9c9; --soft: #f1f1f1; --faint: #5b5b5b;
  --good: #14632a; --bad: #a3141c; --fair: #7a5200; --good-bg: #e0f2e4; --bad-bg: #fbdfe0; --fair-bg: #fcefcf; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #161616; --line: #474747; --soft: #242424;
  --faint: #a8a8a8; --good: #8fdba2; --bad: #ff9d9f; --fair: #f2c66d; --good-bg: #16331f; --bad-bg: #451a1c; --fair-bg: #3d2f10; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem;
  margin: 2rem auto; padding: 0 1.5rem; overflow-wrap: break-word; }
h1 { margin: 0; font-size: 1.5rem; } h2 { margin: 2.2rem 0 0.6rem; font-size: 1.2rem; } h3 { margin: 1.4rem 0 0.4rem; }
header { display: flex; gap: 1.5rem; align-items: center; border: 2px solid; border-radius: 8px; padding: 1rem 1.4rem;
  margin-bottom: 1rem; }
header p { margin: 0.25rem 0 0; }
header.go { color: var(--good); background: var(--good-bg); } header.no-go { color: var(--bad); background: var(--bad-bg); }
header.not-shown { color: var(--fair); background: var(--fair-bg); }
header div { color: var(--ink); }
.verdict { font-size: 2.2rem; font-weight: 800; white-space: nowrap; margin: 0; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid var(--line); padding: 0.25rem 0.55rem; text-align: left; vertical-align: top; }
thead th { background: var(--soft); } tbody th { font-weight: 400; }
table.facts { width: auto; } table.facts td { overflow-wrap: anywhere; } table.facts td:first-child { color: var(--faint); white-space: nowrap; }
table.criteria td:first-child { width: 1%; } table.criteria td:nth-child(2) { width: 38%; }
.tag { border: 1px solid; border-radius: 4px; padding: 0 0.4rem; font-size: 0.85em; font-weight: 600; white-space: nowrap; }
.shown, .pass, .better, .holds { color: var(--good); } .broken, .fail, .worse, .over { color: var(--bad); }
.not-shown, .waived, .lost, .inconclusive, .no-verdict, .not-run { color: var(--fair); }
.skipped, .other, i, .n { color: var(--faint); }
details { border-top: 1px solid var(--line); padding: 0.3rem 0; } .row { border-top: 1px solid var(--line); margin: 0; padding: 0.3rem 0; }
summary { cursor: pointer; } details > table { margin: 0.4rem 0 0.8rem; font-size: 0.92em; } code { background: var(--soft); }
@media print {
  :root { color-scheme: light; --ink: #000; --paper: #fff; --line: #999; --soft: #eee; --faint: #444;
    --good: #0b4a1d; --bad: #8a0d14; --fair: #5f4000; --good-bg: #fff; --bad-bg: #fff; --fair-bg: #fff; }
  body { font-size: 9.5pt; margin: 0; padding: 0; max-width: none; }
  tr, header, .row { break-inside: avoid; } h2, h3, summary { break-after: avoid; } thead { display: table-header-group; }
}
@page { size: A4; margin: 16mm 14mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }`;

/** On paper everything is open. */
export const PAGE_SCRIPT = `
addEventListener('beforeprint', () => { for (const one of document.querySelectorAll('details')) { one.dataset.was = one.open; one.open = true; } });
addEventListener('afterprint', () => { for (const one of document.querySelectorAll('details')) one.open = one.dataset.was === 'true'; });`;
