import { parley, type Ran } from './cli.ts';
import type { ParleyNode } from './node.ts';
import type { Said } from './rest.ts';
import { signUp, type User } from './users.ts';

export type Role = 'user' | 'moderator' | 'admin' | 'bot';

// Runs `parley` as the operator of this server's data directory.
export function operate(node: ParleyNode, ...args: string[]): Promise<Ran> {
  return parley([...args, '--data', node.data, '--bcrypt-cost', '4', ...node.storage]);
}

// The same, which must succeed; what it says in JSON.
export async function operated(node: ParleyNode, ...args: string[]): Promise<Said> {
  const ran = await operate(node, ...args, '--json');
  if (ran.code !== 0) throw new Error(`parley ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout === '' ? undefined : JSON.parse(ran.stdout);
}

// The same person in another role, signed in again: the change ended their sessions.
async function promote(node: ParleyNode, user: User, role: Role): Promise<User> {
  await operated(node, 'user', 'set-role', user.username, role);
  return user.signInAgain();
}

// Somebody new in a role.
export async function signUpAs(node: ParleyNode, name: string, role: Role): Promise<User> {
  return promote(node, await signUp(node, name), role);
}

// What the audit log says, newest first, but for who looked at it.
export async function audit(admin: User, filter = ''): Promise<Said[]> {
  const { entries } = await admin.get(`/admin/audit?limit=100${filter}`);
  return entries.filter((entry: Said) => entry.action !== 'admin:audit');
}
