// What an operator sees: health, metrics, the command line, the data directory.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parley } from './harness/cli.ts';
import * as shape from './harness/shapes.ts';
import { expectShape } from './harness/shapes.ts';
import { directChat, ParleyNode, rest, Socket, signUp, useNode } from './harness.ts';

const scratch = mkdtempSync(join(tmpdir(), 'parley-ops-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('A running server', () => {
  const node = useNode();

  test('says that it is alive', async () => {
    const { status, body } = await node.get('/health');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', version: expect.stringMatching(/^\d+\.\d+/) });
  });

  test('says that it is ready, part by part', async () => {
    const { status, body } = await node.get('/ready');
    expect(status).toBe(200);
    expect(body.status).toBe('ready');
    expect(body.parts.store).toBe('ok');
  });

  test('counts what it does in metrics that Prometheus reads', async () => {
    const [alice, bob] = [await signUp(node, 'alice'), await signUp(node, 'bob')];
    const { id } = await directChat(alice, bob);
    const read = async () => {
      const { status, headers, text } = await node.get('/metrics');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^text\/plain/);
      return text;
    };
    // The sum of all series whose name begins with `name`.
    const sum = (text: string, name: RegExp) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('#') && name.test(line))
        .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
    const before = await read();
    for (const line of before.trimEnd().split('\n')) {
      expect(line).toMatch(
        /^(# (HELP|TYPE) \w+ .*|\w+(\{.*\})? -?[\d.e+-]+|\w+(\{.*\})? (NaN|[+-]Inf))$/,
      );
    }
    const sends = /^parley_operations_total\{operation="message:send",outcome="succeeded"\}/;
    for (let i = 0; i < 5; i++) await alice.send(id, `m${i}`);
    await alice.call('POST', `/chats/${id}/messages`, { content: '', clientMessageId: 'e' });
    const after = await read();
    expect(sum(after, sends) - sum(before, sends)).toBe(5);
    const refused = /^parley_refusals_total\{code="empty_message"\}/;
    expect(sum(after, refused) - sum(before, refused)).toBe(1);
    expect(sum(after, /^parley_store_commits_total/)).toBeGreaterThan(0);
    expect(before).not.toContain(alice.username);
  });

  test('needs nothing but its data directory, which only its user may read', () => {
    const files = readdirSync(node.data);
    expect(files).toContain('parley.db');
    for (const name of files.filter((f) => /key|secret/.test(f))) {
      expect(statSync(join(node.data, name)).mode & 0o077, name).toBe(0);
    }
  });

  test('does not let a second server at its data directory', async () => {
    const second = await parley(['serve', '--data', node.data, '--listen', '127.0.0.1:0']);
    expect(second.code).not.toBe(0);
    expect(second.code).not.toBeNull();
    expect(second.stderr).toContain(node.data);
    expect(second.stderr).toMatch(/another|already|in use|locked/i);
    expect((await node.get('/ready')).status).toBe(200);
  });

  test('does not share its port', async () => {
    const data = join(scratch, 'port');
    const listen = `127.0.0.1:${node.port}`;
    const second = await parley(['serve', '--data', data, '--listen', listen]);
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain(String(node.port));
  });

  test('takes its options from the environment, too', async () => {
    const other = new ParleyNode({ env: { PARLEY_ACCESS_TOKEN_TTL: '1234' } });
    await other.start();
    try {
      const username = 'enviro';
      const { body } = await rest(other.url, 'POST', '/auth/register', {
        username,
        password: 'Correct-horse-7',
      });
      expect(body.expiresIn).toBe(1_234);
    } finally {
      await other.dispose();
    }
  });

  test('takes its options from a file, below the environment and the flags', async () => {
    const config = join(scratch, 'parley.toml');
    writeFileSync(config, 'access_token_ttl = 1000\nrefresh_token_ttl = 5000\nmax_group = 2\n');
    const other = new ParleyNode({
      args: [`--config=${config}`],
      env: { PARLEY_ACCESS_TOKEN_TTL: '2000' },
    });
    await other.start();
    try {
      const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => signUp(other, name)));
      const answer = await a?.call('POST', '/groups', {
        name: 'Three',
        members: [b?.username, c?.username],
      });
      expect(answer?.body.code).toBe('participant_limit');
      expect((await a?.signInAgain())?.accessToken).toBeTruthy();
      const { body } = await rest(other.url, 'POST', '/auth/login', {
        username: a?.username,
        password: 'Correct-horse-7',
      });
      expect(body.expiresIn).toBe(2_000);
    } finally {
      await other.dispose();
    }
  });
});

describe('A data directory of a newer version', () => {
  test('is refused in a clear sentence and left as it is', async () => {
    const data = join(scratch, 'newer');
    const node = new ParleyNode({ data });
    await node.start();
    await signUp(node, 'alice');
    await node.stop();

    const db = join(data, 'parley.db');
    const sql = (statement: string) => execFileSync('sqlite3', [db, statement]).toString().trim();
    const columns = sql("SELECT name FROM pragma_table_info('schema_version')").split('\n');
    const values = columns.map((c) => (c === 'version' ? '9999' : `"${c}"`));
    sql(
      `INSERT INTO schema_version (${columns.join(', ')})
       SELECT ${values.join(', ')} FROM schema_version ORDER BY version DESC LIMIT 1`,
    );
    const dump = sql('.dump');
    const refused = await parley(['serve', '--data', data, '--listen', '127.0.0.1:0']);
    expect(refused.code).not.toBe(0);
    expect(refused.code).not.toBeNull();
    expect(refused.stderr).toMatch(/newer/i);
    expect(refused.stderr).toContain('9999');
    expect(sql('.dump')).toBe(dump);

    sql('DELETE FROM schema_version WHERE version = 9999');
    await node.start();
    await node.dispose();
  });
});

describe('parley seed', () => {
  const data = join(scratch, 'seeded');
  const out = join(scratch, 'seed.txt');

  test('writes a line per user, whose tokens, chats and passwords work', async () => {
    const ran = await parley([
      'seed',
      '--users',
      '7',
      '--group',
      '4',
      '--data',
      data,
      '--out',
      out,
    ]);
    expect(ran.code, ran.stderr).toBe(0);
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    const users = lines.map((line) => line.split(' '));
    expect(users.map((u) => u.length)).toEqual(Array(7).fill(5));
    for (const [i, user] of users.entries()) expect(user[0]).toMatch(new RegExp(`^u(ser)?${i}$`));
    expect(users.map((u) => u[3])).toEqual(users.map((_, i) => users[i === 6 ? 6 : i ^ 1]?.[3]));
    expect(users[6]?.[3]).toBe('-');
    expect(users.map((u) => u[4] === '-')).toEqual([false, false, false, false, true, true, true]);
    expect(new Set(users.slice(0, 4).map((u) => u[4])).size).toBe(1);

    const node = new ParleyNode({ data });
    await node.start();
    try {
      for (const [username, userId, token, direct, group] of users) {
        const call = (path: string) => rest(node.url, 'GET', path, undefined, { token });
        expect((await call('/users/profile')).body).toMatchObject({ id: userId, username });
        if (direct !== '-') {
          const { body } = await call(`/chats/${direct}`);
          expect(expectShape(body, shape.chat)).toMatchObject({ type: 'direct', lastSeq: 0 });
        }
        if (group !== '-') {
          const { body } = await call(`/chats/${group}`);
          expect(expectShape(body, shape.chat).participantCount).toBe(4);
        }
        const password = 'Parley-1234';
        const signIn = await rest(node.url, 'POST', '/auth/login', { username, password });
        expect(signIn.status).toBe(200);
      }
      const [, , token, direct] = users[0] as string[];
      const socket = await Socket.connect(node.url, { token: token as string });
      const sent = await socket.ask('message:send', {
        chatId: direct,
        content: 'hello',
        clientMessageId: 'c',
      });
      expect(sent.seq).toBe(1);
      await socket.close();
    } finally {
      await node.dispose();
    }
  });
});

describe('The command line', () => {
  test('--help names the commands', async () => {
    const { code, stdout } = await parley(['--help']);
    expect(code).toBe(0);
    for (const word of ['serve', 'seed', 'check-config', 'print-config']) {
      expect(stdout).toContain(word);
    }
  });

  test('serve --help explains every option', async () => {
    const { code, stdout } = await parley(['serve', '--help']);
    expect(code).toBe(0);
    for (const option of ['data', 'listen', 'rate-limits', 'bcrypt-cost', 'max-content', 'web']) {
      expect(stdout).toContain(`--${option}`);
    }
  });

  test('--version says which', async () => {
    const { code, stdout } = await parley(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+\.\d+/);
  });

  test.each([
    ['an unknown option', ['serve', '--nonsense=1'], /nonsense/],
    ['an unknown command', ['dance'], /dance/],
    ['no command', [], /subcommand|serve/],
    ['a value out of bounds', ['serve', '--bcrypt-cost=99'], /bcrypt.cost/],
    ['a value of the wrong type', ['serve', '--access-token-ttl=soon'], /access.token.ttl/],
    ['a choice that is none', ['serve', '--rate-limits=maybe'], /rate.limits/],
    ['an address that is none', ['serve', '--listen=nowhere'], /listen|nowhere/],
    ['a config file that is missing', ['serve', '--config=/nonexistent.toml'], /nonexistent/],
  ])('answers %s with one sentence and exit code 2', async (_, args, names) => {
    const { code, stderr, stdout } = await parley([...args, ...dataOf(args)]);
    expect(code, stderr).toBe(2);
    expect(stderr + stdout).toMatch(names);
    expect(stderr.trim().split('\n').length).toBeLessThanOrEqual(15);
    expect(stderr).not.toMatch(/terminate called|what\(\)|Aborted/);
  });

  // Options are refused before a directory is made; this one shows it.
  function dataOf(args: string[]): string[] {
    return args[0] === 'serve' ? ['--data', join(scratch, 'never')] : [];
  }

  test('an environment variable with a bad value is named', async () => {
    const args = ['serve', '--data', join(scratch, 'never')];
    const { code, stderr } = await parley(args, { PARLEY_RATE_LIMITS: 'perhaps' });
    expect(code).toBe(2);
    expect(stderr).toMatch(/rate.limits/i);
  });

  test('check-config accepts a good file and names what is wrong in a bad one', async () => {
    const good = join(scratch, 'good.toml');
    writeFileSync(good, 'rate_limits = "off"\nbcrypt_cost = 12\n');
    expect((await parley(['check-config', '--config', good])).code).toBe(0);
    const bad = join(scratch, 'bad.toml');
    for (const [line, name] of [
      ['rate_limits = "maybe"', /rate.limits/],
      ['bcrypt_cost = "much"', /bcrypt.cost/],
      ['nonsense = 1', /nonsense/],
      ['rate_limits = ', /bad\.toml/],
    ] as const) {
      writeFileSync(bad, `${line}\n`);
      const ran = await parley(['check-config', '--config', bad]);
      expect(ran.code, line).toBe(2);
      expect(ran.stderr + ran.stdout).toMatch(name);
    }
  });

  test('print-config shows what would be used and hides what is secret', async () => {
    const secret = 'do-not-show-this-secret-0123456789';
    const ran = await parley(['print-config', '--access-token-ttl=77'], {
      PARLEY_TOKEN_SECRET: secret,
    });
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/access.token.ttl\W+77/);
    expect(ran.stdout).toMatch(/token.secret/);
    expect(ran.stdout + ran.stderr).not.toContain(secret);
  });
});
