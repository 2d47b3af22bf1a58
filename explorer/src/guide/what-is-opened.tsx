import { WhatIsThis } from './what-is-this.tsx';

/** On the pages where a model is opened. */
export const WhatIsOpened = () => (
  <WhatIsThis>
    A trained model is a file of numbers, in rows; beside it lie the words that it knows, each with a row of its own.
    Opened here, any of its rows can be compared with the rows of all words, which says what the row is for. The model
    is not run, only what is asked for is read, and nothing of it is changed.
  </WhatIsThis>
);
