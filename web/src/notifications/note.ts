/**
 * Who is woken by pushes to this browser. The page writes it, the service worker reads it: a push
 * that comes while nobody is noted is nobody's, and is not shown. Kept apart from the chats, so
 * that the worker stays small and needs none of their tables.
 */
export interface Note {
  userId: string;
  /** The address that the server was given; the browser may have another one by now. */
  endpoint: string;
  deviceId: string;
  /** The server's key that the browser subscribed with. */
  key: string;
  registeredAt: number;
}

export interface NoteKeeper {
  read(): Promise<Note | null>;
  write(note: Note): Promise<void>;
  clear(): Promise<void>;
}

const TABLE = 'note';
const PLACE = 'device';

/** The note in IndexedDB, where page and worker both reach it. Rejects when the browser keeps nothing. */
export function noteKeeper(name = 'parley-device'): NoteKeeper {
  const within = async <T>(
    mode: IDBTransactionMode,
    act: (table: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const database = await opened(name);
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(TABLE, mode);
        const request = act(transaction.objectStore(TABLE));
        // Only then is it on disk.
        transaction.oncomplete = () => resolve(request.result);
        transaction.onabort = () => reject(transaction.error);
      });
    } finally {
      database.close();
    }
  };
  return {
    read: async () =>
      (await within<Note | undefined>('readonly', (table) => table.get(PLACE))) ?? null,
    write: async (note) => void (await within('readwrite', (table) => table.put(note, PLACE))),
    clear: async () => void (await within('readwrite', (table) => table.delete(PLACE))),
  };
}

function opened(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
