import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type Browser,
  type BrowserContext,
  chromium,
  type Locator,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { freePort } from '../../tests/harness/ports.ts';

export const PASSWORD = 'Correct-horse-7';

/** A machine that stands still for several seconds is waited for. */
export const PATIENCE_MS = 60_000;

const BINARY = process.env.PARLEY_BIN ?? resolve(import.meta.dirname, '../../build/release/parley');

/** A Parley of its own, on a port and in a folder of its own, that can be killed and come back. */
export class Server {
  private process: ChildProcess | null = null;
  private output: string[] = [];

  private constructor(
    private readonly data: string,
    /** Where it is reached; stays the same after `restart`. */
    public url: string,
    private readonly settings: readonly string[] = [],
  ) {}

  static async start(...settings: string[]): Promise<Server> {
    const server = new Server(await mkdtemp(join(tmpdir(), 'parley-web-')), '', settings);
    // Browsers look for it at its port while it is down: it must be nobody else's.
    await server.run(`127.0.0.1:${await freePort()}`);
    return server;
  }

  /** Known by a name, which passkeys need; browsers trust this one without TLS. */
  static async startAtLocalhost(): Promise<Server> {
    const port = await freePort();
    const server = new Server(await mkdtemp(join(tmpdir(), 'parley-web-')), '');
    const url = `http://localhost:${port}`;
    await server.run(`127.0.0.1:${port}`, `--public-url=${url}`);
    server.url = url;
    return server;
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.run(new URL(this.url).host);
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    await rm(this.data, { recursive: true, force: true });
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const running = this.process;
    this.process = null;
    if (!running || running.exitCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  }

  private async run(listen: string, ...more: string[]): Promise<void> {
    const args = ['serve', '--data', this.data, '--listen', listen];
    const settings = ['--log-format=json', '--rate-limits=off', '--bcrypt-cost=4'];
    const child = spawn(BINARY, [...args, ...settings, ...this.settings, ...more], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.process = child;
    this.output = [];
    this.url = await new Promise<string>((ready, failed) => {
      child.once('error', failed);
      child.once('exit', (code) =>
        failed(new Error(`parley ended with ${code}\n${this.output.join('\n')}`)),
      );
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.output.push(line);
        const url = readyUrl(line);
        if (url) ready(url);
      });
    });
    child.removeAllListeners('exit');
  }
}

function readyUrl(line: string): string | null {
  try {
    const entry = JSON.parse(line) as { event?: string; url?: string };
    return entry.event === 'ready' ? (entry.url ?? null) : null;
  } catch {
    return null;
  }
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Where a Parley is reached. */
interface Place {
  url: string;
}

interface PersonOptions {
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  displayName?: string;
  /** What the browser says it is. */
  userAgent?: string;
  /** What is done to the browser before it opens Parley. */
  prepare?: (context: BrowserContext) => Promise<unknown>;
}

/** Somebody at a browser of their own. */
export class Person {
  /** What the page complained about: mistakes of ours and refusals of the security policy. */
  readonly complaints: string[] = [];

  private constructor(
    readonly context: BrowserContext,
    public page: Page,
    readonly username: string,
    readonly displayName: string,
    private readonly home: string,
  ) {}

  static async arrive(
    browser: Browser,
    place: Place,
    username: string,
    options: PersonOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({
      viewport: options.viewport ?? DESKTOP,
      colorScheme: options.colorScheme ?? 'light',
      locale: 'en-GB',
      reducedMotion: 'reduce',
      ...(options.userAgent ? { userAgent: options.userAgent } : {}),
    });
    context.setDefaultTimeout(PATIENCE_MS);
    await options.prepare?.(context);
    const page = await context.newPage();
    const name = options.displayName ?? username;
    const person = new Person(context, page, username, name, place.url);
    person.listen(page);
    await page.goto(place.url);
    return person;
  }

  /** Arrives and registers. */
  static async join(
    browser: Browser,
    place: Place,
    username: string,
    options: PersonOptions = {},
  ): Promise<Person> {
    const person = await Person.arrive(browser, place, username, options);
    await person.register();
    return person;
  }

  async register(): Promise<void> {
    await this.page.getByRole('link', { name: 'Create an account' }).click();
    await this.page.getByLabel('Your name').fill(this.displayName);
    await this.page.getByLabel('Username').fill(this.username);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Create account' }).click();
    await this.online();
  }

  async signIn(): Promise<void> {
    await this.givePassword();
    await this.online();
  }

  /** The first half of signing in with a second factor. */
  async givePassword(): Promise<void> {
    await this.page.getByLabel('Username').fill(this.username);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await this.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
  }

  /** Opens a section of the settings from the chats. */
  async openSettings(section: 'Profile' | 'Account' | 'Security' | 'Notifications'): Promise<void> {
    await this.page.getByRole('button', { name: 'Profile and settings' }).click();
    await this.page.getByRole('link', { name: section }).click();
  }

  /** Another tab of the same browser. */
  async anotherTab(): Promise<Page> {
    const page = await this.context.newPage();
    this.listen(page);
    await page.goto(this.home);
    return page;
  }

  async online(page = this.page): Promise<void> {
    await page.locator('[data-link="online"]').waitFor({ state: 'attached', timeout: PATIENCE_MS });
  }

  async startChat(other: Person): Promise<void> {
    await this.page.getByRole('button', { name: 'New chat' }).click();
    await this.page.getByRole('menuitem', { name: 'Start a chat' }).click();
    await this.page.getByLabel('Username').fill(other.username);
    await this.page.getByRole('button', { name: 'Start chat' }).click();
    await this.composer.waitFor();
  }

  async createGroup(name: string, members: Person[]): Promise<void> {
    await this.page.getByRole('button', { name: 'New chat' }).click();
    await this.page.getByRole('menuitem', { name: 'Create a group' }).click();
    await this.page.getByLabel('Group name').fill(name);
    for (const member of members) {
      await this.page.getByLabel('Members').fill(member.username);
      await this.page.getByLabel('Members').press('Enter');
      await this.page.getByRole('button', { name: `Remove ${member.displayName}` }).waitFor();
    }
    await this.page.getByRole('button', { name: 'Create group' }).click();
    await this.composer.waitFor();
  }

  /** Opens the chat of that name from the list. */
  async open(name: string): Promise<void> {
    await this.listed(name).click();
    await this.page.getByRole('region', { name, exact: true }).waitFor();
  }

  get composer(): Locator {
    return this.page.getByLabel('Message', { exact: true });
  }

  async send(text: string, page = this.page): Promise<void> {
    const composer = page.getByLabel('Message', { exact: true });
    await composer.fill(text);
    await composer.press('Enter');
  }

  /** Sends many messages at once to the open chat, as a program of this person would. */
  async sendAll(texts: string[]): Promise<void> {
    const chatId = new URL(this.page.url()).pathname.split('/').at(-1);
    const post = async (path: string, body: object, token = '') => {
      const response = await fetch(`${this.home}/api/v1${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
      expect(response.ok, path).toBe(true);
      return (await response.json()) as { accessToken: string };
    };
    const { accessToken } = await post('/auth/login', {
      username: this.username,
      password: PASSWORD,
    });
    for (const [place, content] of texts.entries()) {
      const clientMessageId = `${chatId}-${place}-${content}`;
      await post(`/chats/${chatId}/messages`, { content, clientMessageId }, accessToken);
    }
  }

  /** The bubbles that say exactly this. */
  said(text: string, page = this.page): Locator {
    return page.locator('[data-message]').filter({ has: page.getByText(text, { exact: true }) });
  }

  /** Types a part of a message, while somebody looks for what that shows them. */
  async typesFor(shown: Locator, text: string): Promise<void> {
    // It is not shown for long: so it is looked for before it is there.
    await Promise.all([shown.waitFor(), this.composer.pressSequentially(text)]);
  }

  /** What the bubbles of the open chat say, from the top. */
  texts(): Promise<string[]> {
    return this.page.locator('[data-message] p > span:first-child').allTextContents();
  }

  listed(name: string): Locator {
    return this.page.getByRole('navigation').getByRole('link').filter({ hasText: name });
  }

  /** Turns the wheel over the messages, upwards. */
  async scrollUp(pixels: number): Promise<void> {
    await this.page.getByRole('region', { name: 'Messages', exact: true }).hover();
    await this.page.mouse.wheel(0, -pixels);
  }

  /** Waits until the ticks of my message show this. */
  async ticks(text: string, progress: string, timeout = PATIENCE_MS): Promise<void> {
    const tick = this.said(text).locator(`[data-progress="${progress}"]`);
    await tick.waitFor({ state: 'attached', timeout });
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  private listen(page: Page): void {
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy|Refused to/i.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
  }
}

export function expectNoComplaints(...people: Person[]): void {
  for (const person of people) expect(person.complaints, person.username).toEqual([]);
}
