/** The explorer's numbers, on a site. */
process.env.WEIGHTSCOPE_EXPLORER = 'site';
await import('../explorer/numbers.test.ts');
