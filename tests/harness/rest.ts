// What a server said. Its members are checked where they are used, or all at
// once by shapes.ts.
// biome-ignore lint/suspicious/noExplicitAny: JSON from outside has no static type.
export type Said = any;

// An HTTP answer, read to its end.
export interface Answer {
  status: number;
  headers: Headers;
  body: Said; // parsed when it is JSON, otherwise undefined
  text: string;
}

export interface RestOptions {
  token?: string | undefined;
  headers?: Record<string, string>;
  raw?: string | Uint8Array; // sent as it is, in place of a JSON body
}

// Makes one REST call. `path` is below /api/v1; redirects are not followed.
export async function rest(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  options: RestOptions = {},
): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (options.token !== undefined) headers.authorization = `Bearer ${options.token}`;
  if (body !== undefined || options.raw !== undefined) headers['content-type'] = 'application/json';
  Object.assign(headers, options.headers);

  const init: RequestInit = { method, headers, redirect: 'manual' };
  if (options.raw !== undefined) init.body = options.raw as NonNullable<RequestInit['body']>;
  else if (body !== undefined) init.body = JSON.stringify(body);
  return read(await fetch(`${url}/api/v1${path}`, init));
}

// Reads an answer to its end and parses it when it says it is JSON.
export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
  return {
    status: response.status,
    headers: response.headers,
    body: json ? JSON.parse(text) : undefined,
    text,
  };
}
