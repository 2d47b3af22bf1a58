import { spawn } from 'node:child_process';
import { platform } from 'node:os';

/** Opens an address in the person's browser; whether there was a program to do so. Nothing is run through a shell. */
export function openBrowser(url: string): Promise<boolean> {
  const [command, ...args] =
    platform() === 'darwin'
      ? ['open', url]
      : platform() === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url];
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.on('error', () => resolve(false));
    child.on('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
