import { Link, useNavigate } from '@tanstack/react-router';
import type { ModelInfo } from '../api/types.ts';
import { formatCount, plural } from '../format.ts';
import { Help } from '../guide/help.tsx';
import { PaletteButton } from '../palette/palette-button.tsx';
import '../palette/palette.css';
import { useTheme } from '../style/theme.ts';
import type { Here } from './here.ts';

export function Header({ here, models }: { here: Here; models: readonly ModelInfo[] }) {
  const model = models.find(({ id }) => id === here.model) ?? models[0];
  return (
    <header className="header">
      <Link to="/" className="brand">
        weightscope
      </Link>
      <ModelName model={model} models={models} />
      {model && <PaletteButton model={model.id} />}
      <Navigation here={here} model={model?.id ?? here.model} />
      <Help />
      <ThemeButton />
    </header>
  );
}

function ModelName({ model, models }: { model: ModelInfo | undefined; models: readonly ModelInfo[] }) {
  const navigate = useNavigate();
  if (!model) return <span className="model-name" />;
  return (
    <span className="model-name">
      {models.length > 1 ? (
        <select
          aria-label="Model"
          title={model.name}
          value={model.id}
          onChange={(event) => navigate({ to: '/m/$model', params: { model: event.currentTarget.value } })}
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

function Navigation({ here, model }: { here: Here; model: string | undefined }) {
  if (model === undefined) return <nav aria-label="Pages" />;
  return (
    <nav aria-label="Pages">
      <Link to="/m/$model" params={{ model }} activeOptions={{ exact: true, includeSearch: false }}>
        Model
      </Link>
      <Link to="/m/$model/neuron/$layer/$neuron" params={{ model, ...here.lastNeuron }}>
        Neuron
      </Link>
      <Link to="/m/$model/head/$layer/$head" params={{ model, ...here.lastHead }}>
        Head
      </Link>
      <Link to="/m/$model/token" params={{ model }}>
        Token
      </Link>
      <Link to="/m/$model/search" params={{ model }}>
        Search
      </Link>
      <Link to="/compare" search={{ a: model }}>
        Compare
      </Link>
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
