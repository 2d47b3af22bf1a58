/** The neurons of experts, on a site. */
process.env.WEIGHTSCOPE_EXPLORER = 'site';
await import('../explorer/experts.test.ts');
