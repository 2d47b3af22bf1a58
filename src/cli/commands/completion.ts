import { choice } from '../../questions/parameters.ts';
import { command } from '../definition.ts';
import { writeNow } from '../output/standard.ts';

export const completion = command({
  name: 'completion',
  summary: 'a completion script for your shell',
  description:
    'Prints a completion script. Load it in every new shell:\n' +
    '  bash  echo \'eval "$(weightscope completion bash)"\' >> ~/.bashrc\n' +
    '  zsh   echo \'eval "$(weightscope completion zsh)"\' >> ~/.zshrc\n' +
    '  fish  weightscope completion fish > ~/.config/fish/completions/weightscope.fish',
  arguments: { shell: choice('Which shell', ['bash', 'zsh', 'fish'], { required: true }) },
  flags: {},
  run: async ({ shell }, program) => {
    const { completionScript } = await import('../completion.ts');
    writeNow(completionScript(program, shell));
  },
});
