import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { modelsQuery } from '../../api/queries.ts';
import { Answer, Empty } from '../../components/states.tsx';
import { WhatIsOpened } from '../../guide/what-is-opened.tsx';
import { OpenAnother } from './open-another.tsx';

/** One more model in the running server, or how the command opens it. */
export function OpenPage() {
  const models = useQuery(modelsQuery());
  const navigate = useNavigate();
  return (
    <article aria-labelledby="open-title">
      <h1 id="open-title">Open another model</h1>
      <WhatIsOpened />
      <Answer query={models} what="Asking for the models">
        {({ opens, models: [first] }) =>
          opens && first ? (
            <>
              <p className="page-line">It is read beside those that are open, and the header chooses between them.</p>
              <OpenAnother base={first} opened={(model) => void navigate({ to: '/m/$model', params: { model } })} />
            </>
          ) : (
            <Empty>Other machines reach this server, so that it opens nothing for its page.</Empty>
          )
        }
      </Answer>
      <p className="soft">
        In a terminal: <code>weightscope explore MODEL</code>, where MODEL is a folder, a .safetensors or .gguf file, a
        URL, or a hub id such as openai-community/gpt2.
      </p>
    </article>
  );
}
