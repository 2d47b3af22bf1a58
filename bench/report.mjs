/** The record as Markdown: a table per workload. */
export const table = (record) => {
  const lines = [
    `${record.machine}; Node ${record.node}; engine ${record.engine} (${record.settings}); torch ${record.torch}, ${record.threads} threads; ${record.date}.${record.void ? ` Void: ${record.void}.` : ''}`,
    '',
    '| workload | case | ours, s | torch.mm, s | times | torch by oneDNN, s | times |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
  ];
  const timed = (seconds, gflops) =>
    seconds === undefined ? '–' : `${seconds}${gflops ? ` (${gflops} GFLOP/s)` : ''}`;
  for (const name of ['P1', 'P2', 'P3']) {
    const section = record[name];
    if (!section) continue;
    for (const row of [...section.rows, section.plain, section.approximate].filter(Boolean)) {
      const error = row.error === undefined ? '' : `, error ${row.error.toExponential(1)}`;
      const times = ['ours', 'peer', 'onednn'].map((who) => timed(row[`${who}_s`], row[`${who}_gflops`]));
      const [ours, mm, onednn] = times;
      lines.push(
        `| ${name} | ${row.case}${error} | ${ours} | ${mm} | ${row.ratio} | ${onednn} | ${row.onednn_ratio ?? ''} |`,
      );
    }
    if (section.unit) lines.push(`| ${name} | ${section.unit.case} | ${section.unit.ours_s} | – | | – | |`);
    if (section.rows.length > 1) {
      const others = section.onednn_median_ratio ? `${section.onednn_median_ratio} (${section.onednn_min_ratio})` : '';
      lines.push(`| ${name} | median (least) | | | ${section.median_ratio} (${section.min_ratio}) | | ${others} |`);
    }
  }
  const { P4, P5, P6, P7, notebook, scaling, wide } = record;
  if (P4) {
    const name = 'open and read one neuron, with process start';
    lines.push(`| P4 | ${name} | ${P4.ours_s} | ${P4.peer_s ?? '–'} | ${P4.ratio ?? '–'} | | |`);
  }
  if (notebook) {
    const name = `${notebook.case}, the whole matrix at once`;
    lines.push(
      `| notebook | ${name} | ${notebook.ours_s ?? '–'} | ${notebook.peer_s ?? '–'} | ${notebook.ratio ?? '–'} | | |`,
    );
  }
  for (const row of P7?.rows ?? []) {
    lines.push(`| P7 | ${row.case} | ${row.ours_s} | ${row.peer_s} | ${row.ratio} | | |`);
    lines.push(`| P7 | the whole model, scaled | ${row.whole_ours_s} | ${row.whole_peer_s} | | | |`);
  }
  if (wide) {
    lines.push(
      '',
      '| P1, wide and flat factors | ours, s | torch.mm, s | times | torch by oneDNN, s | times | processor time of ours, s | of oneDNN, s | times |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    );
    for (const row of wide.rows) {
      const { ours, onednn } = row.processor;
      const times = onednn === undefined ? '' : Number((onednn / ours).toPrecision(3));
      lines.push(
        `| ${row.case} | ${row.ours_s} | ${row.peer_s} | ${row.ratio} | ${row.onednn_s ?? '–'} | ${row.onednn_ratio ?? ''} | ${ours} | ${onednn ?? '–'} | ${times} |`,
      );
    }
  }
  if (P5) {
    lines.push('', '| peak memory, MB | ours | torch |', '| --- | ---: | ---: |');
    lines.push(`| P5 a head, best 1,000 pairs | ${P5.ours_head_mb} | ${P5.peer_mb ?? '–'} |`);
    lines.push(`| P5 a neuron | ${P5.ours_neuron_mb} | |`);
  }
  if (P6) {
    lines.push('', `| P6 one core, ${P6.kernels} | Gop/s | peak | share |`, '| --- | ---: | ---: | ---: |');
    for (const row of P6.rows) lines.push(`| ${row.kernel} | ${row.gops} | ${row.peak_gops} | ${row.share} |`);
  }
  if (scaling) {
    lines.push('', '| scaling of `topPairs` | s | growth exponent |', '| --- | ---: | ---: |');
    for (const row of scaling.rows) lines.push(`| ${row.case} | ${row.ours_s} | ${row.exponent ?? ''} |`);
  }
  return `${lines.join('\n')}\n`;
};

/** Bars of the ratios of P1 to P3, as SVG. */
export const plot = (record) => {
  const rows = ['P1', 'P2', 'P3'].flatMap((name) => (record[name]?.rows ?? []).map((row) => ({ name, ...row })));
  const most = Math.max(1, ...rows.map((row) => row.ratio));
  const bars = rows.map((row, i) => {
    const [y, width] = [20 + 24 * i, (400 * row.ratio) / most];
    const label = `${row.name} ${row.case}`;
    return `<text x="190" y="${y + 13}" text-anchor="end">${label}</text><rect x="200" y="${y}" width="${width.toFixed(1)}" height="18" fill="#4a7"/><text x="${(206 + width).toFixed(1)}" y="${y + 13}">${row.ratio}</text>`;
  });
  const height = 40 + 24 * rows.length;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="680" height="${height}" font-family="sans-serif" font-size="12"><rect width="680" height="${height}" fill="#fff"/>${bars.join('')}<text x="200" y="${height - 6}">times as fast as torch (${record.machine})</text></svg>\n`;
};
