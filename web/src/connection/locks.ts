/**
 * Runs `act` while no other tab of this browser runs one under the same name.
 *
 * Browsers offer locks on secure origins only. Elsewhere (plain http on a local
 * network) acts of one tab still wait for each other, and the server's own rules
 * (idempotent sending, refusal of a used refresh token) keep tabs from harm.
 */
export function exclusively<T>(name: string, act: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (locks) return locks.request(name, act) as Promise<T>;
  const before = queues.get(name) ?? Promise.resolve();
  const result = before.then(act, act);
  queues.set(
    name,
    result.catch(() => undefined),
  );
  return result;
}

const queues = new Map<string, Promise<unknown>>();
