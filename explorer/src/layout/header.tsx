import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import type { ModelInfo } from '../api/types.ts';
import { formatCount, plural } from '../format.ts';
import { Help } from '../guide/help.tsx';
import { PaletteButton } from '../palette/palette-button.tsx';
import '../palette/palette.css';
import { neuronAddress } from '../components/neuron-link.tsx';
import { useTheme } from '../style/theme.ts';
import type { Here } from './here.ts';
import { useWorthSeeing } from './worth-seeing.ts';

interface HeaderProps {
  here: Here;
  models: readonly ModelInfo[];
  /** Whether the page may open another model. */
  opens: boolean;
}

export function Header({ here, models, opens }: HeaderProps) {
  const model = models.find(({ id }) => id === here.model) ?? models[0];
  return (
    <header className="header">
      <Link to="/" className="brand">
        weightscope
      </Link>
      <ModelName model={model} models={models} />
      {model && <PaletteButton model={model.id} />}
      <Navigation here={here} info={model} comparable={opens || models.length > 1} />
      <Help />
      <ThemeButton />
    </header>
  );
}

function ModelName({ model, models }: { model: ModelInfo | undefined; models: readonly ModelInfo[] }) {
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  /** The same place in another model; from a page of no model, that model's own page. */
  const placeIn = (to: string, from: string) => {
    const place = pathname.startsWith(`/m/${from}/`) ? pathname.slice(`/m/${from}`.length) : '';
    return { to: `/m/${to}${place}`, search } as never;
  };
  if (!model) return <span className="model-name" />;
  return (
    <span className="model-name">
      {models.length > 1 ? (
        <select
          aria-label="Model"
          title={model.name}
          value={model.id}
          onChange={(event) => void navigate(placeIn(event.currentTarget.value, model.id))}
        >
          {models.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      ) : (
        <b title={model.name}>{model.id}</b>
      )}
      <span className="soft facts">{factsOf(model)}</span>
    </span>
  );
}

/** `llama · 30 layers · 9 heads (3 kv) · 49,152 tokens` */
function factsOf({ architecture, layers, heads, kvHeads, vocab }: ModelInfo): string {
  return [
    architecture,
    plural(layers, 'layer'),
    `${plural(heads, 'head')}${kvHeads === heads ? '' : ` (${kvHeads} kv)`}`,
    `${formatCount(vocab)} tokens`,
  ].join(' · ');
}

interface NavigationProps {
  here: Here;
  info: ModelInfo | undefined;
  /** A comparison takes two models, or leave to open the other. */
  comparable: boolean;
}

function Navigation({ here, info, comparable }: NavigationProps) {
  const model = info?.id ?? here.model;
  const neuron = useWorthSeeing(info, 'neuron');
  const head = useWorthSeeing(info, 'head');
  if (model === undefined) return <nav aria-label="Pages" />;
  return (
    <nav aria-label="Pages">
      <Link to="/m/$model" params={{ model }} activeOptions={{ exact: true, includeSearch: false }}>
        Model
      </Link>
      <Link
        {...neuronAddress(model, here.lastNeuron ?? { layer: neuron.layer, neuron: neuron.index })}
        state={here.lastNeuron ? {} : { middle: neuron.middle }}
      >
        Neuron
      </Link>
      <Link
        to="/m/$model/head/$layer/$head"
        params={{ model, ...(here.lastHead ?? { layer: head.layer, head: head.index }) }}
        // What stands out by copying stands out by what it writes.
        // The lesson's does so with the copies left out; filters are left as the reader has them.
        search={here.lastHead ? {} : { matrix: 'vo', ...(model === 'sample' && { exclude: 'same' as const }) }}
        state={here.lastHead ? {} : { middle: head.middle }}
      >
        Head
      </Link>
      <Link to="/m/$model/token" params={{ model }}>
        Token
      </Link>
      {/* An atlas alone has no vectors to lay out. */}
      {info?.live && (
        <Link to="/m/$model/map" params={{ model }}>
          Map
        </Link>
      )}
      <Link to="/m/$model/search" params={{ model }}>
        Search
      </Link>
      {comparable && (
        <Link to="/compare" search={{ a: model }}>
          Compare
        </Link>
      )}
    </nav>
  );
}

const SIGNS = { auto: '◐', light: '○', dark: '●' };

function ThemeButton() {
  const { theme, next } = useTheme();
  return (
    <button type="button" className="theme" onClick={next} aria-label={`Colours: ${theme}`} title={`Colours: ${theme}`}>
      {SIGNS[theme]}
    </button>
  );
}
