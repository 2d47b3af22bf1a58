/** A drawing taken off the page, with the page's colours and fonts written into it. */
export interface Standalone {
  /** The drawing's elements as text. */
  body: string;
  /** What they cover, in the drawing's own units; text that reaches over its edge is in it. */
  box: { x: number; y: number; width: number; height: number };
  colours: { ink: string; soft: string; paper: string; of: (tone: string) => string };
}

/** Handed down from element to element: written where they change. */
const INHERITED = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
] as const;
const LEFT_OUT = ['class', 'style', 'role', 'tabindex', 'data-lit', 'data-cell'];

/** Draws a copy out of sight in the colours of `scheme`, whatever the page's are now. */
export function standalone(drawing: SVGSVGElement, scheme: 'light' | 'dark'): Standalone {
  const host = document.createElement('figure');
  // Rules of the page's styles hang on the figure around a drawing.
  host.className = drawing.closest('figure')?.className ?? '';
  Object.assign(host.style, {
    position: 'absolute',
    left: '0',
    top: '0',
    visibility: 'hidden',
    pointerEvents: 'none',
    color: 'var(--ink)',
  });
  host.dataset.scheme = scheme;
  host.setAttribute('aria-hidden', 'true');
  host.inert = true;
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  // What is chosen on the page is nothing that the picture shows.
  for (const chosen of copy.querySelectorAll('[aria-pressed]')) chosen.removeAttribute('aria-pressed');
  host.append(copy);
  document.body.append(host);
  try {
    const colours = coloursOf(host);
    const { x, y, width, height } = copy.getBBox();
    writeStyles(copy);
    for (const child of copy.querySelectorAll('style, title:empty')) child.remove();
    const serializer = new XMLSerializer();
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    for (const name of INHERITED) {
      const value = copy.getAttribute(name);
      if (value !== null) group.setAttribute(name, value);
    }
    group.append(...copy.childNodes);
    const body = serializer.serializeToString(group).replace(/ xmlns="[^"]*"/, '');
    return { body, box: { x, y, width, height }, colours };
  } finally {
    host.remove();
  }
}

/** All are read before any is written: what is written above an element is inherited by it. */
function writeStyles(svg: SVGSVGElement): void {
  const elements = [svg, ...svg.querySelectorAll<SVGElement>('*')];
  const styles = new Map(elements.map((element) => [element, stylesOf(element)]));
  for (const element of elements) {
    const own = styles.get(element)!;
    const above = element === svg ? undefined : styles.get(element.parentElement as unknown as SVGElement);
    for (const name of LEFT_OUT) element.removeAttribute(name);
    for (const name of [...element.getAttributeNames()].filter((one) => one.startsWith('aria-'))) {
      element.removeAttribute(name);
    }
    for (const name of INHERITED) {
      if (above?.[name] === own[name]) element.removeAttribute(name);
      else element.setAttribute(name, own[name]!);
    }
    if (element !== svg && own.opacity !== '1') element.setAttribute('opacity', own.opacity!);
  }
}

function stylesOf(element: SVGElement): Record<string, string> {
  const computed = getComputedStyle(element);
  const read = (name: string): string => {
    const value = computed.getPropertyValue(name);
    // Fully transparent paint is none, which every program understands.
    return value === 'rgba(0, 0, 0, 0)' ? 'none' : value.replaceAll('"', "'");
  };
  return Object.fromEntries([...INHERITED, 'opacity'].map((name) => [name, read(name)]));
}

function coloursOf(host: HTMLElement): Standalone['colours'] {
  const probe = document.createElement('i');
  host.append(probe);
  const of = (tone: string): string => {
    probe.style.color = `var(--${tone})`;
    return getComputedStyle(probe).color;
  };
  const known = Object.fromEntries(
    ['ink', 'soft', 'paper', 'read', 'write', 'opposite', 'neutral', 'edge', 'shade', 'line'].map((tone) => [
      tone,
      of(tone),
    ]),
  );
  probe.remove();
  return { ink: known.ink!, soft: known.soft!, paper: known.paper!, of: (tone) => known[tone] ?? known.ink! };
}
