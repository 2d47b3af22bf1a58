// Places of numbers in the records that kernels and the search hand each other, for all three languages: TypeScript and
// AssemblyScript import this file, and native/build.rs makes Rust constants of its lines, which therefore are all
// `export const NAME = NUMBER;`.

// What `quantise` writes of each row that it rounds to 8 bits, fp64. The step; then in steps: the norm of the row, of
// the rounded row, of the residual, and the row's part along the direction.
export const ROUNDED8_STEP = 0;
export const ROUNDED8_NORM = 1;
export const ROUNDED8_LENGTH = 2;
export const ROUNDED8_RESIDUAL = 3;
export const ROUNDED8_PART = 4;
// Where sums of products with a row of a start, a whole number: it takes back what was added to the bytes of b.
export const ROUNDED8_START = 5;
export const ROUNDED8_NUMBERS = 6;

// What `screenRows` reads beside each row of a, fp32 (the start: i32). One number is not used.
export const ROW_ERROR = 0;
export const ROW_NORM = 1;
export const ROW_STEPS = 2;
export const ROW_TOP = 3;
export const ROW_BOTTOM = 4;
export const ROW_START = 5;
export const ROW_PART = 6;
export const ROW_NUMBERS = 8;

// What `screenRows` reads beside the rows of b: lists of fp32, one after the other.
export const COLUMN_LENGTHS = 0;
export const COLUMN_ERRORS = 1;
export const COLUMN_STEPS = 2;
export const COLUMN_PARTS = 3;
export const COLUMN_LISTS = 4;

// What `quantise16` writes of each row that it rounds to 16 bits, fp64, times the row's factor: the step, the norm of
// the residual.
export const ROUNDED16_STEP = 0;
export const ROUNDED16_RESIDUAL = 1;
export const ROUNDED16_NUMBERS = 2;
