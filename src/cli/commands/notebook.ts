import type { Command } from 'commander';

export function addNotebook(_program: Command): void {}
