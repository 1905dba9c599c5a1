import { request } from 'node:http';
import { USUAL, within } from './deadline.ts';

export interface PlainAnswer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer; // as they came: nothing is decoded
}

// An HTTP request whose path and headers are sent as they are, unlike fetch's.
export function plain(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<PlainAnswer> {
  const { hostname, port } = new URL(url);
  const answer = new Promise<PlainAnswer>((done, reject) => {
    const call = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          bytes: Buffer.concat(parts),
        }),
      );
    });
    call.on('error', reject);
    call.end();
  });
  return within(USUAL, `the answer to ${method} ${path}`, answer);
}
