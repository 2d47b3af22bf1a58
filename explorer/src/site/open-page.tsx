import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type DragEvent, type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import type { Wanted } from '../../../src/site/open.ts';
import { modelsQuery } from '../api/queries.ts';
import { ErrorState } from '../components/states.tsx';
import { megabytes } from '../format.ts';
import { WhatIsOpened } from '../guide/what-is-opened.tsx';
import { openInPage } from './client.ts';
import { droppedFiles } from './dropped.ts';
import { parseOpenSearch, rememberOpened, wantedOf } from './opened.ts';
import '../components/pill.css';
import './open-page.css';

/** The open page: a hub id, an address, or files of this machine, read where they are. */
export function OpenPage() {
  const { place } = parseOpenSearch(useSearch({ strict: false }) as Record<string, unknown>);
  const { opening, bytes, error, open, fail, cancel } = useOpening();
  const [text, setText] = useState(place ?? '');
  const [token, setToken] = useState('');
  const [over, setOver] = useState(false);

  useEffect(() => {
    if (place !== undefined) void open(wantedOf(place, ''));
  }, [place, open]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '') void open(wantedOf(text, token));
  };
  const choose = (list: FileList | null): void => {
    const files = [...(list ?? [])].map((file) => [file.webkitRelativePath || file.name, file] as const);
    if (files.length > 0) void open({ files });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    const dropped = droppedFiles(event.dataTransfer);
    void dropped.then((files) => open({ files }), fail);
  };
  return (
    <div className="open-page">
      <h1>Read a model’s weights as words</h1>
      <p>
        Everything is computed in this page. <b>Nothing of your files leaves this machine</b>, and of a model on the web
        only the parts that a reading needs are fetched.
      </p>
      <WhatIsOpened />
      <form onSubmit={submit}>
        <label htmlFor="open-place">A hub id, or the address of a .gguf, a .safetensors or their folder</label>
        <div className="open-line">
          <input
            id="open-place"
            value={text}
            placeholder="openai-community/gpt2"
            spellCheck={false}
            autoCapitalize="none"
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" className="pill" disabled={opening !== undefined}>
            open
          </button>
        </div>
        <details>
          <summary>for a private or gated model: a token of the hub</summary>
          <label htmlFor="open-token">Token (sent to the hub alone, and forgotten with the page)</label>
          <input
            id="open-token"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
          />
        </details>
      </form>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it do the same without a pointer */}
      <div
        className={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <p>Drop a .gguf, a .safetensors or a model’s folder here</p>
        <p className="open-line">
          <FileButton label="choose a file" onChoose={choose} />
          <FileButton label="choose a folder" folder onChoose={choose} />
        </p>
      </div>
      <div aria-live="polite">
        {opening !== undefined && (
          <p className="state" role="status">
            Opening {opening} … {bytes > 0 && `${megabytes(bytes)} came so far `}
            <button type="button" className="pill" onClick={cancel}>
              cancel
            </button>
          </p>
        )}
        {error !== undefined && <ErrorState error={error} />}
      </div>
    </div>
  );
}

/** Opens one after the other; the page of a model that is open is shown. */
function useOpening() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [opening, setOpening] = useState<string>();
  const [bytes, setBytes] = useState(0);
  const [error, setError] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  const cancel = useCallback(() => running.current?.abort(), []);
  // Who leaves the page waits for nothing.
  useEffect(() => cancel, [cancel]);
  const open = useCallback(
    async (wanted: Wanted): Promise<void> => {
      cancel();
      const stop = new AbortController();
      running.current = stop;
      const current = (): boolean => running.current === stop && !stop.signal.aborted;
      setError(undefined);
      setBytes(0);
      setOpening('url' in wanted ? wanted.url : 'hub' in wanted ? wanted.hub : 'the file');
      try {
        const model = await openInPage(wanted, { signal: stop.signal, received: (sum) => current() && setBytes(sum) });
        rememberOpened(wanted);
        // Of a model that was open under this id, nothing holds any more.
        client.removeQueries({ predicate: ({ queryKey }) => String(queryKey[0]).includes(`/models/${model}`) });
        await client.fetchQuery({ ...modelsQuery(), staleTime: 0 });
        await navigate({ to: '/m/$model', params: { model } });
      } catch (failure) {
        if (current()) setError(failure);
      } finally {
        if (running.current === stop) setOpening(undefined);
      }
    },
    [client, navigate, cancel],
  );
  return { opening, bytes, error, open, fail: setError, cancel };
}

function FileButton(props: { label: string; folder?: boolean; onChoose: (files: FileList | null) => void }) {
  const { label, folder = false, onChoose } = props;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="pill" onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={label}
        {...(folder ? { webkitdirectory: '' } : { accept: '.gguf,.safetensors' })}
        onChange={(event) => {
          onChoose(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
