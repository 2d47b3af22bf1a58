import type { Command } from 'commander';
import { Argument } from 'commander';
import { writeNow } from '../output/standard.ts';

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('a completion script for your shell')
    .description(
      'Prints a completion script. Load it in every new shell:\n' +
        '  bash  echo \'eval "$(weightscope completion bash)"\' >> ~/.bashrc\n' +
        '  zsh   echo \'eval "$(weightscope completion zsh)"\' >> ~/.zshrc\n' +
        '  fish  weightscope completion fish > ~/.config/fish/completions/weightscope.fish',
    )
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('../completion.ts');
      writeNow(completionScript(program, shell));
    });
}
