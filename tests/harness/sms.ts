import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Deadline, eventually } from './deadline.ts';

export interface TextMessage {
  to: string;
  from: string;
  text: string;
}

// SmsProvider is what sends text messages to telephones, as Twilio's Messages.json does, but keeps
// them. It knows one account.
export class SmsProvider {
  readonly messages: TextMessage[] = [];
  // Answers instead of taking the next message to that number.
  readonly refusals: { to: string; status: number; retryAfter?: number }[] = [];
  readonly account = { user: 'AC1', password: 'pass:word' };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      const { user, password } = this.account;
      const basic = Buffer.from(`${user}:${password}`).toString('base64');
      const form = new URLSearchParams(body);
      const { To: to = '', From: from = '', Body: text = '' } = Object.fromEntries(form);
      const refused = this.refusals.findIndex((one) => one.to === to);
      const [refusal] = refused < 0 ? [] : this.refusals.splice(refused, 1);
      if (request.headers.authorization !== `Basic ${basic}`) {
        response.writeHead(401).end('{"code":20003,"message":"Authenticate"}');
      } else if (request.method !== 'POST' || request.url !== '/Messages.json') {
        response.writeHead(404).end('{"code":20404,"message":"Not found"}');
      } else if (refusal !== undefined) {
        const { status, retryAfter } = refusal;
        const headers = retryAfter === undefined ? {} : { 'Retry-After': retryAfter };
        response.writeHead(status, headers).end('{"code":1,"message":"Refused"}');
      } else {
        this.messages.push({ to, from, text });
        response.writeHead(201).end('{"sid":"SM1","status":"queued"}');
      }
    });
  }

  static async start(): Promise<SmsProvider> {
    const provider = new SmsProvider();
    await new Promise<void>((done) => provider.#server.listen(0, '127.0.0.1', done));
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/Messages.json`;
  }

  // Settings for a server that is to send its text messages here.
  get settings(): string[] {
    return [
      `--sms-url=${this.url}`,
      '--sms-from=+15550100',
      `--sms-user=${this.account.user}`,
      `--sms-password=${this.account.password}`,
    ];
  }

  // Takes the oldest message to this number, as soon as there is one.
  async next(to: string, deadline?: Deadline): Promise<TextMessage> {
    const find = () => this.messages.findIndex((message) => message.to === to);
    await eventually(`a text message to ${to}`, () => find() >= 0, deadline);
    const [message] = this.messages.splice(find(), 1);
    if (message === undefined) throw new Error('Somebody else took the message');
    return message;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}
