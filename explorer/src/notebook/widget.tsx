import { createRoot } from 'react-dom/client';
import { CardView } from '../share/card-view.tsx';
import { type Answered, cardOf } from './card-of.ts';
import { followScheme } from './scheme.ts';
import '../style/theme.css';
import '../style/base.css';
import './card.css';

/** All style of the card, which the build puts here: a notebook is given one file. */
const STYLE = '__STYLE__';

/** What anywidget gives: the values that Python set, and where to draw (https://anywidget.dev/en/afm/). */
interface Given {
  model: { get(name: 'answered'): Answered };
  el: HTMLElement;
}

/** Draws the card apart from the notebook's own style. Returns what takes it away. */
function render({ model, el }: Given): () => void {
  const shadow = el.attachShadow({ mode: 'open' });
  shadow.append(Object.assign(document.createElement('style'), { textContent: STYLE }));
  const holder = document.createElement('section');
  holder.className = 'notebook-card';
  shadow.append(holder);
  const { name, ...card } = cardOf(model.get('answered'));
  holder.setAttribute('aria-label', name);
  const root = createRoot(holder);
  root.render(
    <>
      <h2 className="card-name">{name}</h2>
      <CardView name={name} {...card} />
    </>,
  );
  const leave = followScheme(holder);
  return () => {
    leave();
    root.unmount();
  };
}

export default { render };
