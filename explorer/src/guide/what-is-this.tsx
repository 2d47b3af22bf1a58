import type { ReactNode } from 'react';
import './guide.css';

/** Folded away under a page's heading: what the page shows, in one sentence with its own tokens, and a drawing. */
export function WhatIsThis({ children }: { children: ReactNode }) {
  return (
    <details className="what-is-this">
      <summary>What am I looking at?</summary>
      <div>
        <ReadingDrawing />
        <p>{children}</p>
      </div>
    </details>
  );
}

/** Shades of the numbers of a row, and how three words' vectors compare with it. */
const ROW = [0.9, 0.25, 0.6, 0.15, 0.75];
const WORDS = [
  { cells: [0.85, 0.2, 0.65, 0.1, 0.8], score: 1 },
  { cells: [0.3, 0.7, 0.15, 0.55, 0.2], score: 0.15 },
  { cells: [0.1, 0.9, 0.2, 0.8, 0.15], score: -0.8 },
];

/** A row of weights, the rows of E, and scores to the right and left of nothing. */
function ReadingDrawing() {
  return (
    <svg
      className="reading-drawing"
      viewBox="0 0 330 82"
      role="img"
      aria-label="A row of weights is compared with every word's vector, which gives each word a score"
    >
      <text x="0" y="10">
        a row of weights
      </text>
      <Cells x={0} y={38} cells={ROW} />
      <text x="88" y="48">
        ×
      </text>
      <text x="106" y="10">
        every word's vector
      </text>
      <text x="204" y="48">
        =
      </text>
      <text x="230" y="10">
        scores
      </text>
      <line x1="270" y1="18" x2="270" y2="80" />
      {WORDS.map(({ cells, score }, i) => (
        <g key={score}>
          <Cells x={106} y={18 + 22 * i} cells={cells} />
          <rect
            className={score > 0 ? 'write' : 'opposite'}
            x={score > 0 ? 270 : 270 + 42 * score}
            y={20 + 22 * i}
            width={42 * Math.abs(score)}
            height="10"
          />
        </g>
      ))}
    </svg>
  );
}

function Cells({ x, y, cells }: { x: number; y: number; cells: readonly number[] }) {
  return cells.map((shade, i) => (
    <rect key={i} className="neutral" x={x + 16 * i} y={y} width="13" height="13" rx="2" opacity={shade} />
  ));
}
