/** Of readings in a notebook: its own letters and colours, in light and dark; nothing outside is touched. */
export const STYLE = `
.weightscope-reading{font-size:13px;line-height:1.35;max-width:100%;overflow-x:auto;color:inherit}
.weightscope-reading h4{font-size:1em;font-weight:600;margin:.3em 0 .1em;color:inherit}
.weightscope-reading p{margin:.1em 0 .6em;opacity:.75;color:inherit}
.weightscope-reading .lists{display:flex;flex-wrap:wrap;gap:.8em 2em;align-items:flex-start}
.weightscope-reading table{border-collapse:collapse;border:0;margin:0 0 .6em;width:auto}
.weightscope-reading caption{caption-side:top;text-align:left;font-weight:600;padding:.2em 0;color:inherit}
.weightscope-reading th,.weightscope-reading td{padding:.1em .6em .1em 0;border:0;text-align:left!important;
white-space:nowrap;background:none;font-variant-numeric:tabular-nums;color:inherit;max-width:28em;overflow:hidden;
text-overflow:ellipsis}
.weightscope-reading th{font-weight:500;opacity:.7}
.weightscope-reading .n{text-align:right!important}
.weightscope-reading .rank{text-align:right!important;opacity:.55}
.weightscope-reading .word{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace}
.weightscope-reading .bar{min-width:9em;padding:0}
.weightscope-reading .bar i{display:block;height:.8em;border-radius:2px;background:#3a76b0}
.weightscope-reading .bar i.low{background:#b5573c}
.weightscope-reading svg{display:block;max-width:100%;height:auto}
.weightscope-reading svg text{fill:currentColor;font-size:11px}
`.replace(/\n/g, '');
