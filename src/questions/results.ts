/** What the API answers, as the library's readings are written in JSON (numbers that are not finite arrive as null). */
export * from './results/alignment.ts';
export * from './results/atlas.ts';
export * from './results/common.ts';
export * from './results/compare.ts';
export * from './results/diff.ts';
export * from './results/doctor.ts';
export * from './results/heads.ts';
export * from './results/models.ts';
export * from './results/neurons.ts';
export * from './results/resolve.ts';
export * from './results/statistics.ts';
export * from './results/tokens.ts';
export * from './results/vectors.ts';
