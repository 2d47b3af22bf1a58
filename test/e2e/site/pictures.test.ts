/** The explorer's pictures, on a site. */
process.env.WEIGHTSCOPE_EXPLORER = 'site';
await import('../explorer/pictures.test.ts');
