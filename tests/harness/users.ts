import { randomBytes } from 'node:crypto';
import { type Answer, type RestOptions, rest, type Said } from './rest.ts';
import { type ConnectOptions, Refused, Socket } from './socket.ts';

// Obeys the password policy; everybody's in these tests.
export const PASSWORD = 'Correct-horse-7';

// Where users speak to: a node, or what stands in front of several.
export interface Place {
  readonly url: string;
}

// User is somebody with an account, and the way they speak to the server.
export class User {
  constructor(
    readonly node: Place,
    readonly profile: Said,
    public accessToken: string,
    public refreshToken: string,
  ) {}

  get id(): string {
    return this.profile.id;
  }

  get username(): string {
    return this.profile.username;
  }

  call(method: string, path: string, body?: unknown, options: RestOptions = {}): Promise<Answer> {
    return rest(this.node.url, method, path, body, { token: this.accessToken, ...options });
  }

  // The same person in the same session, speaking to another node.
  at(node: Place): User {
    return new User(node, this.profile, this.accessToken, this.refreshToken);
  }

  // The body of a call that must succeed.
  async get(path: string): Promise<Said> {
    return succeeded('GET', path, await this.call('GET', path));
  }

  async post(path: string, body?: unknown): Promise<Said> {
    return succeeded('POST', path, await this.call('POST', path, body));
  }

  async put(path: string, body?: unknown): Promise<Said> {
    return succeeded('PUT', path, await this.call('PUT', path, body));
  }

  async delete(path: string): Promise<Said> {
    return succeeded('DELETE', path, await this.call('DELETE', path));
  }

  // A live connection of this user; each call is another device.
  connect(options: ConnectOptions = {}): Promise<Socket> {
    return Socket.connect(this.node.url, { token: this.accessToken, ...options });
  }

  // The same person signed in once more, in a session of its own.
  async signInAgain(): Promise<User> {
    const { body, status } = await rest(this.node.url, 'POST', '/auth/login', {
      username: this.username,
      password: PASSWORD,
    });
    if (status !== 200) throw new Error(`Sign-in gave ${status} ${JSON.stringify(body)}`);
    return new User(this.node, body.user, body.accessToken, body.refreshToken);
  }

  // Sends a text by REST, under an id of its own unless one is given.
  send(chatId: string, content: string, clientMessageId = freshId()): Promise<Said> {
    return this.post(`/chats/${chatId}/messages`, { content, clientMessageId });
  }
}

// Registers somebody whose name begins with `name`; names are unique per call.
export async function signUp(node: Place, name: string, more: object = {}): Promise<User> {
  const username = `${name}.${randomBytes(4).toString('hex')}`;
  const { status, body } = await rest(node.url, 'POST', '/auth/register', {
    username,
    password: PASSWORD,
    ...more,
  });
  if (status !== 201) throw new Error(`Register gave ${status} ${JSON.stringify(body)}`);
  return new User(node, body.user, body.accessToken, body.refreshToken);
}

// The direct chat of two people, opened by the first.
export function directChat(opener: User, peer: User): Promise<Said> {
  return opener.post('/chats', { type: 'direct', username: peer.username });
}

// A group of `admin` and the others.
export function group(admin: User, members: User[], name = 'Hiking'): Promise<Said> {
  return admin.post('/groups', { name, members: members.map((m) => m.username) });
}

// A client message id nobody used before.
export function freshId(): string {
  return randomBytes(9).toString('base64url');
}

function succeeded(method: string, path: string, answer: Answer): Said {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Refused(`${method} ${path}`, answer.body ?? { status: answer.status });
}
