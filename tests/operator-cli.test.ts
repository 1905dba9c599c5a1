// `parley user` and `parley invite`: the same whether a server runs on the data directory or not.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import { PARLEY_BIN } from './harness/node.ts';
import { operate, operated } from './harness/operators.ts';
import { freshName } from './harness/world.ts';
import { PASSWORD, ParleyNode, rest, type Said, signUp, useNode } from './harness.ts';

const signIn = (node: ParleyNode, username: string, password: string) =>
  rest(node.url, 'POST', '/auth/login', { username, password });

// `parley …` with a line on its stdin.
function operateWith(line: string, node: ParleyNode, ...args: string[]): Promise<Said> {
  const child = spawn(PARLEY_BIN, [...args, '--data', node.data, '--bcrypt-cost', '4']);
  let stdout = '';
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stdin.end(`${line}\n`);
  return new Promise((done) => child.on('close', (code) => done({ code, stdout })));
}

describe.each([
  ['while a server runs', true],
  ['while none does', false],
])('The operator, %s,', (_, running) => {
  const node = new ParleyNode();

  beforeAll(async () => {
    await node.start();
    await signUp(node, 'somebody');
    if (!running) await node.stop();
  });
  afterAll(() => node.dispose());

  // What the server says afterwards.
  async function served<T>(ask: () => Promise<T>): Promise<T> {
    if (!running) await node.start();
    try {
      return await ask();
    } finally {
      if (!running) await node.stop();
    }
  }

  test('makes an account, whose password is shown once', async () => {
    const name = freshName();
    const ran = await operate(node, 'user', 'create', name, '--display-name', 'Ann O.');
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const password = /^Password, shown this once: (\S+)$/m.exec(ran.stdout)?.[1] ?? '';
    expect(password).not.toBe('');
    const { status, body } = await served(() => signIn(node, name, password));
    expect(status).toBe(200);
    expect(body.user.displayName).toBe('Ann O.');

    const again = await operate(node, 'user', 'create', name);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toBe('parley: This username is taken\n');
  });

  test('takes a password from stdin, and says nothing of it', async () => {
    const name = freshName();
    const ran = await operateWith(PASSWORD, node, 'user', 'create', name, '--password-stdin');
    expect(ran.code).toBe(0);
    expect(ran.stdout).not.toContain(PASSWORD);
    expect((await served(() => signIn(node, name, PASSWORD))).status).toBe(200);
    const weak = await operateWith('weak', node, 'user', 'create', freshName(), '--password-stdin');
    expect(weak.code).toBe(1);
  });

  test('lists accounts as a table, and as JSON', async () => {
    const name = freshName();
    const made = await operated(node, 'user', 'create', name, '--role', 'bot');
    const { stdout } = await operate(node, 'user', 'list', '--role', 'bot', '--query', name);
    const [titles, line, ...rest] = stdout.trimEnd().split('\n');
    expect(rest).toEqual([]);
    expect(titles).toMatch(/^ID +USERNAME +ROLE +SUSPENDED +SESSIONS +LAST SEEN +NAME$/);
    expect(line?.split(/ +/)).toEqual([made.id, name, 'bot', 'false', '0', '-', name]);
    expect(line?.indexOf(name)).toBe(titles?.indexOf('USERNAME'));
    const users = await operated(node, 'user', 'list');
    expect(users.map((user: Said) => user.id)).toContain(made.id);
    expect(await operated(node, 'user', 'show', made.id)).toMatchObject({ username: name });
    const card = await operate(node, 'user', 'show', name);
    expect(card.stdout).toMatch(new RegExp(`^username +${name}$`, 'm'));
  });

  test('suspends, lets in again, resets and deletes', async () => {
    const name = freshName();
    const { password } = await operated(node, 'user', 'create', name);
    const ok = async (...args: string[]) => {
      const ran = await operate(node, 'user', ...args);
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      return ran.stdout;
    };
    expect(await ok('suspend', name, '--reason', 'spam')).toBe(`${name} is suspended.\n`);
    expect((await served(() => signIn(node, name, password))).body.code).toBe('account_suspended');
    await ok('unsuspend', name);
    expect((await served(() => signIn(node, name, password))).status).toBe(200);
    const { password: next } = await operated(node, 'user', 'reset-password', name);
    expect((await served(() => signIn(node, name, password))).status).toBe(401);
    expect((await served(() => signIn(node, name, next))).status).toBe(200);

    const unsure = await operate(node, 'user', 'delete', name);
    expect(unsure.code).toBe(1);
    expect(unsure.stderr).toContain('--yes');
    expect(await ok('delete', name, '--yes')).toBe(`${name} is deleted.\n`);
    expect((await operate(node, 'user', 'show', name)).stderr).toContain('There is no user');
  });

  test('makes admins, of whom one always remains', async () => {
    const name = freshName();
    await operated(node, 'user', 'create', name);
    expect((await operate(node, 'user', 'make-admin', name)).code).toBe(0);
    for (const args of [
      ['set-role', name, 'user'],
      ['delete', name, '--yes'],
      ['suspend', name, '--reason', 'x'],
    ]) {
      const ran = await operate(node, 'user', ...args);
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain('Somebody has to remain administrator');
    }
    const { password } = await operated(node, 'user', 'reset-password', name);
    const log = await served(async () => {
      const { body } = await signIn(node, name, password);
      return rest(node.url, 'GET', `/admin/audit?subjectId=${body.user.id}`, undefined, {
        token: body.accessToken,
      });
    });
    const made = log.body.entries.find((e: Said) => e.action === 'admin:set-role');
    expect(made).toMatchObject({
      actorId: '1',
      actorName: 'operator',
      address: running ? '127.0.0.1' : 'local',
      detail: 'user to admin',
    });
  });

  test('makes, lists and takes back invites', async () => {
    const made = await operated(node, 'invite', 'create', '--uses', '3', '--days', '2');
    expect(made).toMatchObject({ uses: 3, token: expect.any(String) });
    const { stdout } = await operate(node, 'invite', 'list');
    expect(stdout).toMatch(new RegExp(`^${made.id} +3 +0 `, 'm'));
    expect(stdout).not.toContain(made.token);
    expect((await operate(node, 'invite', 'remove', made.id)).code).toBe(0);
    expect(await operated(node, 'invite', 'list')).toEqual([]);
    expect((await operate(node, 'invite', 'remove', made.id)).stderr).toContain('no such invite');
  });
});

describe('The command line', () => {
  const node = useNode();

  test('refuses what it does not understand with 2', async () => {
    for (const args of [
      ['user'],
      ['user', 'melt', 'x'],
      ['user', 'show'],
      ['user', 'suspend', 'x'],
      ['user', 'create', 'x', '--role', 'king'],
      ['invite', 'create', '--uses', '0'],
      ['user', 'create', 'x', '--password', PASSWORD],
    ])
      expect((await operate(node, ...args)).code, args.join(' ')).toBe(2);
  });

  test('says what is wrong with a directory', async () => {
    const nowhere = await parley(['user', 'list', '--data', '/nowhere/at/all']);
    expect(nowhere).toMatchObject({ code: 1, stdout: '' });
    expect(nowhere.stderr).toBe('parley: There is no directory /nowhere/at/all\n');
  });

  test('shows names that would play with the terminal as they are not', async () => {
    const name = freshName();
    await operated(node, 'user', 'create', name, '--display-name', 'a\u001b[31mb');
    expect((await operate(node, 'user', 'show', name)).stdout).toContain('a?[31mb');
  });

  test('finds the server by a file that only its user may read, while it runs', async () => {
    const file = join(node.data, 'server.url');
    expect(readFileSync(file, 'utf8')).toBe(`${node.url}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await node.stop();
    expect(existsSync(file)).toBe(false);
    await node.start();
  });

  test('needs the key the server signs with', async () => {
    const data = mkdtempSync(join(tmpdir(), 'parley-cli-'));
    const other = new ParleyNode({ data, env: { PARLEY_TOKEN_SECRET: 's'.repeat(32) } });
    await other.start();
    try {
      const refused = await operate(other, 'user', 'list');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('does not accept our key');
      const env = { PARLEY_TOKEN_SECRET: 's'.repeat(32) };
      expect((await parley(['user', 'list', '--data', data], env)).code).toBe(0);
      // A server that does not answer where it says it is.
      writeFileSync(join(data, 'server.url'), 'http://127.0.0.1:1\n');
      const lost = await parley(['user', 'list', '--data', data], env);
      expect(lost.code).toBe(1);
      expect(lost.stderr).toContain('Cannot ask the server at http://127.0.0.1:1');
    } finally {
      await other.dispose();
      rmSync(data, { recursive: true, force: true });
    }
  });
});
