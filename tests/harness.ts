// What every test stands on: a server process, people signed up on it, their
// REST calls and sockets, and waiting that ends by a deadline.

export {
  type Deadline,
  eventually,
  PATIENCE,
  pause,
  takesLess,
  USUAL,
  within,
} from './harness/deadline.ts';
export { type LogLine, type NodeOptions, ParleyNode } from './harness/node.ts';
export { type Answer, rest, type Said } from './harness/rest.ts';
export {
  type Closed,
  type ConnectOptions,
  Refused,
  refusedHandshake,
  Socket,
} from './harness/socket.ts';
export { directChat, freshId, group, PASSWORD, type Place, signUp, User } from './harness/users.ts';
export { useNode } from './harness/vitest.ts';
