/** What the API answers, as the library's readings are written in JSON (numbers that are not finite arrive as null). */
export * from './schemas/atlas.ts';
export * from './schemas/common.ts';
export * from './schemas/compare.ts';
export * from './schemas/heads.ts';
export * from './schemas/models.ts';
export * from './schemas/neurons.ts';
export * from './schemas/resolve.ts';
export * from './schemas/statistics.ts';
export * from './schemas/tokens.ts';
export * from './schemas/vectors.ts';
