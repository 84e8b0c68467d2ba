/**
 * The page around the results: one file that opens from disk, asks nobody for anything, prints on A4, and reads with a screen reader.
 */

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

export interface ReportFigure {
  slug: string;
  title: string;
  svg: string;
  alt: string;
  caption: string;
  csv: string;
}

export interface ReportTable {
  caption: string;
  heading: string[];
  rows: string[][];
}

export interface ReportPage {
  title: string;
  question: string;
  /** What the world leaves out; undefined for nothing. */
  kind: string | undefined;
  answer: string[];
  verdicts: { mark: string; verdict: string; text: string; detail: string }[];
  figures: ReportFigure[];
  tables: ReportTable[];
  warnings: string[];
  provenance: [string, string][];
  command: string;
}

const STYLE = `
:root{--ink:#1b1b1b;--soft:#555;--line:#d8d8d8;--paper:#fff;--tint:#f5f6f8;--good:#00603f;--bad:#a4281a;--unsure:#7a5200}
@media (prefers-color-scheme:dark){:root{--ink:#ececec;--soft:#b5b5b5;--line:#444;--paper:#16181b;--tint:#22252a;--good:#63d3a6;--bad:#ff9c8f;--unsure:#f2c46d}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
main{max-width:54rem;margin:0 auto;padding:2rem 1.25rem 4rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.25rem 0 .5rem}
.kind{border-left:3px solid var(--unsure);padding-left:.75rem;margin:0 0 1rem}.question{font-size:1.15rem;color:var(--soft);margin:0 0 1rem}.answer p{margin:.6rem 0}ul.verdicts{list-style:none;padding:0;margin:0}
ul.verdicts li{padding:.35rem 0;border-bottom:1px solid var(--line);display:flex;gap:.75rem}ul.verdicts b{flex:0 0 5.5rem}ul.verdicts span{flex:1 1 0}ul.verdicts .detail{color:var(--soft);flex:0 1 40%;text-align:right}
.holds b{color:var(--good)}.broken b{color:var(--bad)}.unclear b{color:var(--unsure)}
figure{margin:1.5rem 0 2rem}figure svg{width:100%;height:auto;background:#fff;border:1px solid var(--line);border-radius:4px}
figcaption{color:var(--soft);font-size:.85rem;margin-top:.4rem}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;width:100%}caption{text-align:left;color:var(--soft);padding:.3rem 0}
th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}th:first-child,td:first-child{text-align:left}
code,pre{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85rem}pre{background:var(--tint);padding:.75rem;overflow-x:auto;border-radius:4px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;font-size:.9rem}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}a{color:inherit}
@media print{@page{size:A4;margin:16mm}main{max-width:none;padding:0}figure,table,ul.verdicts li{break-inside:avoid}}
`;

function figureHtml(figure: ReportFigure): string {
  const id = `figure-${figure.slug}`;
  const svg = figure.svg.replace(
    '<svg ',
    `<svg role="img" aria-label="${escapeHtml(figure.alt)}" `,
  );
  const csv = `data:text/csv;charset=utf-8,${encodeURIComponent(figure.csv)}`;
  return `<figure id="${id}">${svg}<figcaption>${escapeHtml(figure.caption)} <a download="${figure.slug}.csv" href="${csv}">Plotted rows (CSV)</a></figcaption></figure>`;
}

function tableHtml(table: ReportTable): string {
  const cells = (tag: string, row: readonly string[], scope: string): string =>
    row.map((c) => `<${tag}${scope}>${escapeHtml(c)}</${tag}>`).join('');
  return `<div class="scroll" tabindex="0"><table><caption>${escapeHtml(table.caption)}</caption><thead><tr>${cells('th', table.heading, ' scope="col"')}</tr></thead><tbody>${table.rows.map((r) => `<tr>${cells('td', r, '')}</tr>`).join('')}</tbody></table></div>`;
}

export function renderPage(page: ReportPage): string {
  const verdicts = page.verdicts.map(
    (v) =>
      `<li class="${v.verdict}"><b>${v.mark} ${v.verdict}</b><span>${escapeHtml(v.text)}</span><span class="detail">${escapeHtml(v.detail)}</span></li>`,
  );
  const section = (title: string, body: string): string =>
    body === '' ? '' : `<section><h2>${title}</h2>${body}</section>`;
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escapeHtml(page.title)}</h1><p class="question">${escapeHtml(page.question)}</p>${page.kind === undefined ? '' : `<p class="kind">${escapeHtml(page.kind)}</p>`}`,
    section(
      'Answer',
      page.answer.length === 0
        ? ''
        : `<div class="answer">${page.answer.map((p) => `<p>${escapeHtml(p)}</p>`).join('')}</div>`,
    ),
    section(
      'Expectations',
      verdicts.length === 0 ? '' : `<ul class="verdicts">${verdicts.join('')}</ul>`,
    ),
    section('Figures', page.figures.map(figureHtml).join('')),
    section(
      'Warnings',
      page.warnings.length === 0
        ? ''
        : `<ul>${page.warnings.map((w) => `<li>${escapeHtml(w)}</li>`).join('')}</ul>`,
    ),
    section('Numbers', page.tables.map(tableHtml).join('')),
    section(
      'How this was made',
      `<dl>${page.provenance.map(([k, v]) => `<dt>${escapeHtml(k)}</dt><dd>${escapeHtml(v)}</dd>`).join('')}</dl><pre>${escapeHtml(page.command)}</pre>`,
    ),
    '</main></body></html>',
    '',
  ].join('\n');
}
