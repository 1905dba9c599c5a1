import { spawn } from 'node:child_process';
import { within } from './deadline.ts';
import { PARLEY_BIN } from './node.ts';

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

// Runs `parley` with these arguments to its end.
export function parley(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(PARLEY_BIN, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ran: Ran = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (part) => {
    ran.stdout += part;
  });
  child.stderr.on('data', (part) => {
    ran.stderr += part;
  });
  const end = new Promise<Ran>((done, reject) => {
    child.on('error', reject);
    child.on('close', (code) => done({ ...ran, code }));
  });
  return within(60_000, `parley ${args.join(' ')} to end`, end).finally(() =>
    child.kill('SIGKILL'),
  );
}
