import { ApiError } from '../../../src/client.ts';

/** Nobody answered, as against an answer that says no. */
export const isGone = (error: unknown): boolean => error instanceof ApiError && error.code === 'SERVER_GONE';
