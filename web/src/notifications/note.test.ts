import 'fake-indexeddb/auto';
import { expect, test } from 'vitest';
import { noteKeeper } from './note';

const NOTE = { userId: 'u1', endpoint: 'https://p/1', deviceId: 'd1', key: 'k', registeredAt: 1 };

test('what one writes the other reads, until it is cleared', async () => {
  const [page, worker] = [noteKeeper(), noteKeeper()];
  expect(await worker.read()).toBeNull();
  await page.write(NOTE);
  expect(await worker.read()).toEqual(NOTE);
  await worker.write({ ...NOTE, endpoint: 'https://p/2' });
  expect(await page.read()).toEqual({ ...NOTE, endpoint: 'https://p/2' });
  await page.clear();
  expect(await worker.read()).toBeNull();
});
