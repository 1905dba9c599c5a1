import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { type Deadline, eventually } from './deadline.ts';

export interface Mail {
  from: string; // of the envelope, as `to`
  to: string[];
  encrypted: boolean;
  user: string | undefined; // who signed in
  headers: Record<string, string>; // by their names in lower case, decoded
  subject: string;
  text: string;
  html: string;
  raw: string;
}

export interface MailboxOptions {
  tls?: 'starttls' | 'always' | 'none';
  account?: { user: string; password: string }; // nobody may send without it
}

// Mailbox is a mail server that keeps what it is given, with a certificate of its own for
// localhost. tests/mail.test.ts shows how the server is told of it.
export class Mailbox {
  readonly mails: Mail[] = [];
  // Answers to whoever comes next with a recipient: '451 Try later', '550 No such mailbox'.
  readonly refusals: string[] = [];
  readonly #server: SMTPServer;
  #url = '';
  readonly #account: MailboxOptions['account'];
  readonly #certificate: Certificate;

  private constructor({ tls = 'none', account }: MailboxOptions) {
    this.#certificate = new Certificate();
    this.#account = account;
    this.#server = new SMTPServer({
      ...this.#certificate.pem(),
      secure: tls === 'always',
      hideSTARTTLS: tls === 'none',
      authOptional: account === undefined,
      allowInsecureAuth: tls === 'none',
      onAuth: ({ username, password }, _session, done) => {
        const right = username === account?.user && password === account?.password;
        done(right ? null : new Error('Wrong name or password'), { user: username });
      },
      onRcptTo: (_address, _session, done) => {
        const [code, text] = this.refusals.shift()?.split(/ (.*)/) ?? [];
        done(code ? Object.assign(new Error(text), { responseCode: Number(code) }) : null);
      },
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', async () => {
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            encrypted: session.secure,
            user: session.user,
            ...(await parsed(Buffer.concat(parts))),
          });
          done();
        });
      },
    });
    this.#server.on('error', () => undefined); // connections break; what was received counts
  }

  static async start(options: MailboxOptions = {}): Promise<Mailbox> {
    const mailbox = new Mailbox(options);
    await new Promise<void>((done) => mailbox.#server.listen(0, '127.0.0.1', done));
    const { port } = mailbox.#server.server.address() as AddressInfo;
    mailbox.#url = `${options.tls === 'always' ? 'smtps' : 'smtp'}://localhost:${port}`;
    return mailbox;
  }

  get url(): string {
    return this.#url;
  }

  get certificateFile(): string {
    return this.#certificate.file;
  }

  // Settings for a server that is to send its mails here.
  get settings(): string[] {
    const account = this.#account;
    return [
      `--smtp-url=${this.url}`,
      '--smtp-from=parley@example.org',
      ...(account ? [`--smtp-user=${account.user}`, `--smtp-password=${account.password}`] : []),
    ];
  }

  // Takes the oldest mail to this address out of the box, as soon as there is one.
  async next(to: string, deadline?: Deadline): Promise<Mail> {
    const find = () => this.mails.findIndex((mail) => mail.to.includes(to));
    await eventually(`a mail to ${to}`, () => find() >= 0, deadline);
    const [mail] = this.mails.splice(find(), 1);
    if (mail === undefined) throw new Error('Somebody else took the mail');
    return mail;
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(() => done()));
    this.#certificate.remove();
  }
}

// The address behind "link" of a mail: everything to the end of its line.
export function linkIn(mail: Mail): string {
  const link = /^https?:\/\/\S+$/m.exec(mail.text)?.[0];
  if (link === undefined) throw new Error(`There is no link in: ${mail.text}`);
  return link;
}

async function parsed(bytes: Buffer) {
  const mail = await PostalMime.parse(bytes);
  return {
    headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value])),
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    raw: bytes.toString('latin1'),
  };
}

// Of localhost, signed by itself.
class Certificate {
  readonly #folder = mkdtempSync(join(tmpdir(), 'parley-mailbox-'));
  readonly file = join(this.#folder, 'certificate.pem');
  readonly #keyFile = join(this.#folder, 'key.pem');

  constructor() {
    // biome-ignore format: one option a line
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
      '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
      '-keyout', this.#keyFile, '-out', this.file,
    ], { stdio: 'pipe' });
  }

  pem(): { key: Buffer; cert: Buffer } {
    return { key: readFileSync(this.#keyFile), cert: readFileSync(this.file) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
