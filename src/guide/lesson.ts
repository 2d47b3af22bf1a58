/**
 * The first lesson: what a reading is, in sentences that README.md, docs/start.md, the tour and the page share. A test
 * holds the pages to them.
 */
export const LESSON = {
  what: "A model's weights are rows of numbers, each as long as the vectors by which the model knows its words.",
  how: 'Each row is compared with the vector of every word that the model knows, and the words that fit best are listed; the model is not run.',
  score:
    'A high score means that the row points towards a word, a negative one that it points away from it, which often tells as much.',
  freq: 'Some words fit every row, so each score is divided by the mean that its word gets from all rows of that kind (`freq`): 8 is eight times the mean.',
  neuron: 'A neuron reads with its key (and, in newer models, with a second row, up) and writes its value.',
  head: 'An attention head looks from one word at another (QK), and when it looks at a word it writes another (VO).',
  may: 'Words that belong together are a good hypothesis of what a row is for, and every number can be checked against chance.',
  mayNot:
    'A list does not say how often a row is used, nor what the layers between make of it: that needs the model to run.',
} as const;

/** What anyone sees at once, with what there is to see; of the built-in model. */
export const EXAMPLES = [
  {
    kind: 'neuron',
    layer: 0,
    index: 381,
    title: 'British spellings',
    see: 'It reads and writes British spellings (colour, whilst, organisation), UK and Australian, and away from American ones (labor, color).',
  },
  {
    kind: 'neuron',
    layer: 0,
    index: 343,
    title: 'his and he',
    see: 'It reads and writes his and he, and away from she and they.',
  },
  {
    kind: 'head',
    layer: 5,
    index: 2,
    matrix: 'vo',
    title: 'nations',
    see: 'Its best pairs of different words (letters and digits, the same word left out) are a nation and its adjective, both ways: France → French, Chinese → China.',
  },
  {
    kind: 'head',
    layer: 1,
    index: 5,
    matrix: 'qk',
    title: 'more than',
    see: 'It looks from a comparison at what completes it: more, than; less, than; rather, than.',
  },
  {
    kind: 'vector',
    expression: 'tok:" king" - tok:" man" + tok:" woman"',
    title: 'king − man + woman',
    see: 'Arithmetic on the words’ own vectors: queen comes first.',
  },
  {
    kind: 'neuron',
    layer: 4,
    index: 100,
    title: 'royalty',
    see: 'Its value writes royalty (Prince, Kings, castle), and the lowest end of up is royalty too: a negative score tells as much.',
  },
] as const;

/**
 * What leaves pairs of different words of a head's matrix, by the names of the questions' parameters: without it most
 * of what a head that copies has to show are copies. The tour, the cards and what they lead to all read so.
 */
export const DIFFERENT_WORDS = {
  qk: { excludeFuzzy: true, onlyAlnum: true },
  vo: { excludeSame: true, onlyAlnum: true },
} as const;
