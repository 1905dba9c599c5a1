import type { Operation } from './contract.ts';

// Turns data as a socket would carry it into the method, path and body of REST.
export function asRest(
  operation: Operation,
  data: Record<string, unknown>,
): { method: string; path: string; body: Record<string, unknown> | undefined } {
  let path = operation.path ?? '';
  const query = new URLSearchParams();
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(data)) {
    if (path.includes(`{${name}}`))
      path = path.replace(`{${name}}`, encodeURIComponent(String(value)));
    else if (operation.method === 'GET') query.set(name, String(value));
    else body[name] = value;
  }
  const search = query.size > 0 ? `?${query}` : '';
  const hasBody = operation.method === 'POST' || operation.method === 'PUT';
  return {
    method: operation.method ?? 'GET',
    path: path + search,
    body: hasBody && Object.keys(body).length > 0 ? body : undefined,
  };
}
