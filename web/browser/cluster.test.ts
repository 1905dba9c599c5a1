// The web client before nginx, three nodes and their engines, any of which dies while people chat.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cluster } from '../../tests/harness/cluster.ts';
import { Engines } from '../../tests/harness/engines.ts';
import { expectNoComplaints, launch, Person } from './harness';

let engines: Engines;
let cluster: Cluster;
let browser: Browser;
let ada: Person;
let bob: Person;
const said: string[] = [];

beforeAll(async () => {
  engines = new Engines();
  await engines.up();
  cluster = await Cluster.start(engines);
  browser = await launch();
  ada = await Person.join(browser, cluster, 'ada', { displayName: 'Ada Lovelace' });
  bob = await Person.join(browser, cluster, 'bob', { displayName: 'Bob Kahn' });
  await ada.startChat(bob);
  await say(ada, 'Hello');
  await bob.open('Ada Lovelace');
  await ada.ticks('Hello', 'read');
});

afterAll(async () => {
  await browser?.close();
  await cluster?.dispose();
  await engines?.dispose();
});

async function say(person: Person, text: string): Promise<void> {
  said.push(text);
  await person.send(text);
}

// Both wrote while something was missing: all of it arrives, once, and is read.
async function expectAllRead(texts: [Person, string][]): Promise<void> {
  for (const [author, text] of texts) await author.ticks(text, 'read', 120_000);
  for (const [, text] of texts) {
    expect(await ada.said(text).count(), text).toBe(1);
    expect(await bob.said(text).count(), text).toBe(1);
  }
}

test('each node is killed in turn, and two people go on chatting', async () => {
  for (const index of cluster.nodes.keys()) {
    await cluster.kill(index);
    const texts: [Person, string][] = [
      [ada, `ada, without node ${index}`],
      [bob, `bob, without node ${index}`],
    ];
    for (const [author, text] of texts) await say(author, text);
    await expectAllRead(texts);
    await cluster.restart(index);
  }
});

test.each(['redis', 'rabbitmq', 'postgres'] as const)(
  '%s is killed and comes back',
  async (name) => {
    await engines.kill(name);
    await say(ada, `ada, without ${name}`);
    await say(bob, `bob, without ${name}`);
    await engines.up([name]);
    await expectAllRead([
      [ada, `ada, without ${name}`],
      [bob, `bob, without ${name}`],
    ]);
  },
);

test('what was said is what everybody sees, in one order, and after a reload as well', async () => {
  await say(ada, 'Goodbye');
  await ada.ticks('Goodbye', 'read', 120_000);
  await bob.page.reload();
  await bob.online();
  await bob.said('Goodbye').waitFor();
  await expect.poll(async () => (await bob.texts()).toSorted()).toEqual(said.toSorted());
  expect(await bob.texts()).toEqual(await ada.texts());
  expectNoComplaints(ada, bob);
});
