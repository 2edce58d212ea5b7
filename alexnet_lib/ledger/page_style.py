"""Looks and filters of the ledger's page: one style, one script, nothing fetched."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fdfdfb; --line: #d4d4cc;
  --soft: #f1f1ec; --link: #0b57a4; --quiet: #5a5a55; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e3; --paper: #161718; --line: #3b3d3f; --soft: #222426;
    --link: #8ec1f5; --quiet: #a9aaa5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 82rem; padding: 1rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.45 system-ui, sans-serif; }
a { color: var(--link); overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
form { position: sticky; top: 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem;
  align-items: end; padding: .6rem 0; background: var(--paper);
  border-bottom: 1px solid var(--line); }
label { display: grid; font-size: .85rem; color: var(--quiet); min-width: 9rem;
  flex: 1; }
select, input { font: inherit; color: var(--ink); background: var(--soft);
  border: 1px solid var(--line); border-radius: .3rem; padding: .35rem; width: 100%; }
output { font-size: .85rem; color: var(--quiet); padding-bottom: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
caption { text-align: left; color: var(--quiet); padding: .3rem 0; }
th, td { text-align: left; vertical-align: top; padding: .45rem .5rem;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; background: var(--soft); }
td.none { color: var(--quiet); }
tr:target { background: var(--soft); }
tr[hidden] { display: none; }
details summary { cursor: pointer; color: var(--link); }
details ul { margin: .2rem 0; padding-left: 1.1rem; }
@media (max-width: 760px) {
  form { position: static; }
  thead { position: absolute; left: -9999px; }
  table, tbody, tr, td { display: block; }
  tr { border: 1px solid var(--line); border-radius: .4rem; margin: .7rem 0;
    padding: .3rem .5rem; }
  td { border: 0; padding: .2rem 0; overflow-wrap: anywhere; }
  td.none { display: none; }
  td::before { content: attr(data-label) ": "; color: var(--quiet);
    font-weight: 400; }
}
"""
SCRIPT = """
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("tbody tr")];
function matches(row, wanted) {
  const section = wanted.section, own = row.dataset.section;
  return (!section || own === section || own.startsWith(section + "."))
    && (!wanted.verdict || row.dataset.verdict === wanted.verdict)
    && row.textContent.toLowerCase().includes(wanted.words.toLowerCase());
}
function show() {
  const wanted = Object.fromEntries(new FormData(form));
  for (const row of rows) row.hidden = !matches(row, wanted);
  for (const part of document.querySelectorAll("section"))
    part.hidden = !part.querySelector("tbody tr:not([hidden])");
  const shown = rows.filter(row => !row.hidden).length;
  form.querySelector("output").textContent = `${shown} of ${rows.length} rows`;
}
form.addEventListener("input", show);
form.addEventListener("reset", () => setTimeout(show));
form.hidden = false;
show();
"""
