import {
  createECDH,
  createPublicKey,
  type ECDH,
  randomBytes,
  randomUUID,
  verify,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decrypt } from 'http_ece';
import type { Said } from './rest.ts';

export interface Push {
  ttl: number;
  topic: string | undefined;
  urgency: string | undefined;
  data: Said; // what was encrypted for the browser
}

// A browser's subscription: the secrets stay with it.
export interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
  readonly pushes: Push[];
  readonly refusals: { status: number; retryAfter?: number }[]; // for whoever comes next
  gone: boolean;
  hangs: boolean; // takes requests and never answers
}

interface Known extends Subscription {
  ecdh: ECDH;
  secret: Buffer;
}

interface Refusal {
  status: number;
  why: string;
}

// PushService is the push service of a browser (RFC 8030) that checks who sends (RFC 8292) and can
// read, with the browser's keys, what was sent (RFC 8291): npm's http_ece is the judge of that.
export class PushService {
  readonly #known = new Map<string, Known>();
  readonly #server: Server;
  #vapid = '';

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const known = this.#known.get(request.url ?? '');
      if (known?.hangs) return;
      const answer = this.#take(request, known, Buffer.concat(parts));
      const headers = answer.retryAfter === undefined ? {} : { 'Retry-After': answer.retryAfter };
      response.writeHead(answer.status, headers).end(answer.why);
    });
  }

  static async start(): Promise<PushService> {
    const service = new PushService();
    await new Promise<void>((done) => service.#server.listen(0, '127.0.0.1', done));
    return service;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  // What a browser does with the server's key (applicationServerKey).
  subscribe(applicationServerKey: string): Subscription {
    this.#vapid = applicationServerKey;
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const secret = randomBytes(16);
    const path = `/push/${randomUUID()}`;
    const known: Known = {
      endpoint: this.origin + path,
      keys: {
        p256dh: ecdh.getPublicKey().toString('base64url'),
        auth: secret.toString('base64url'),
      },
      pushes: [],
      refusals: [],
      gone: false,
      hangs: false,
      ecdh,
      secret,
    };
    this.#known.set(path, known);
    return known;
  }

  #take(
    request: IncomingMessage,
    known: Known | undefined,
    body: Buffer,
  ): Refusal & { retryAfter?: number } {
    if (known === undefined) return { status: 404, why: 'no such subscription' };
    if (known.gone) return { status: 410, why: 'gone' };
    const refusal = known.refusals.shift();
    if (refusal !== undefined) return { why: 'refused', ...refusal };
    const stranger = this.#mistrust(request);
    if (stranger !== undefined) return stranger;
    if (request.method !== 'POST') return { status: 405, why: 'only POST' };
    if (request.headers.ttl === undefined) return { status: 400, why: 'no TTL' };
    if (request.headers['content-encoding'] !== 'aes128gcm')
      return { status: 415, why: 'not aes128gcm' };
    if (body.length > 4096) return { status: 413, why: 'too large' };
    const text = decrypt(body, {
      version: 'aes128gcm',
      privateKey: known.ecdh,
      authSecret: known.keys.auth,
    });
    known.pushes.push({
      ttl: Number(request.headers.ttl),
      topic: request.headers.topic as string | undefined,
      urgency: request.headers.urgency as string | undefined,
      data: JSON.parse(text.toString()),
    });
    return { status: 201, why: '' };
  }

  // RFC 8292: a token of the key the browser subscribed to, for us, that is good for a day at most.
  #mistrust(request: IncomingMessage): Refusal | undefined {
    const match = /^vapid t=([^,]+),\s*k=(\S+)$/.exec(request.headers.authorization ?? '');
    const [, token = '', key = ''] = match ?? [];
    if (match === null) return { status: 401, why: 'no VAPID' };
    if (key !== this.#vapid) return { status: 403, why: 'another key than the one subscribed to' };
    const [head = '', claims = '', signature = ''] = token.split('.');
    const point = Buffer.from(key, 'base64url');
    const publicKey = createPublicKey({
      format: 'jwk',
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'),
        y: point.subarray(33).toString('base64url'),
      },
    });
    const right = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!right) return { status: 403, why: 'a wrong signature' };
    const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    const now = Date.now() / 1000;
    if (aud !== this.origin || exp < now || exp > now + 86_400 || !/^(mailto:|https:)/.test(sub))
      return { status: 403, why: 'wrong claims' };
    return undefined;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
