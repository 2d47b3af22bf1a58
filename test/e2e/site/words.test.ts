/** What asks an atlas in the explorer, on a site: its files in pieces, and no SQL. */
process.env.WEIGHTSCOPE_EXPLORER = 'site';
await import('../explorer/words.test.ts');
