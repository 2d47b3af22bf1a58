/**
 * Keeps a card light or dark as the notebook around it is, told by the colour of its letters, since each notebook says
 * it in a place of its own. Returns what ends it.
 */
export function followScheme(card: HTMLElement): () => void {
  const follow = (): void => {
    card.dataset.scheme = isBright(getComputedStyle(document.body).color) ? 'dark' : 'light';
  };
  const observer = new MutationObserver(follow);
  for (const watched of [document.documentElement, document.body]) observer.observe(watched, { attributes: true });
  follow();
  return () => observer.disconnect();
}

/** Drawn, because a colour has many spellings. */
function isBright(colour: string): boolean {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d');
  if (!pixel) return false;
  pixel.fillStyle = colour;
  pixel.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
  return red + green + blue > 3 * 128;
}
