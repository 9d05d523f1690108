import { HilError } from '../units/index.ts';
import { HistoryUnusable } from './errors.ts';
import { migrate } from './migrations.ts';
import { openPostgres, POSTGRES, withoutPassword } from './postgres.ts';
import { openSqlite, SQLITE } from './sqlite.ts';
import { History } from './store.ts';

/** How a history is opened. */
export interface OpenOptions {
  /** Makes the file when it is missing. Without it, a missing file is an error. */
  readonly mayMake?: boolean;
}

const URL_OF_SERVER = /^postgres(?:ql)?:\/\//;

/** Whether a place is a server, and no file. */
export const isServer = (place: string): boolean => URL_OF_SERVER.test(place);

/**
 * Opens the history in a file, or on the server of a URL.
 * @param place path of a SQLite file, or `postgres://user:password@host:port/database`
 * @throws NoHistory when there is none; HistoryUnusable when it cannot be opened now
 */
export async function openHistory(place: string, { mayMake = false }: OpenOptions = {}): Promise<History> {
  const shown = isServer(place) ? withoutPassword(place) : place;
  return explained(shown, async () => {
    const kind = isServer(place) ? POSTGRES : SQLITE;
    const db = isServer(place) ? await openPostgres(place) : await openSqlite(place, mayMake);
    try {
      await migrate(db, kind, shown);
    } catch (failure) {
      await db.destroy();
      throw failure;
    }
    return new History(db, kind.name, (act) => explained(shown, () => act(db)));
  });
}

async function explained<T>(place: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof HilError) throw cause;
    throw new HistoryUnusable(`The history in ${place} cannot be used: ${reasonOf(cause)}.`, { cause });
  }
}

/** What the drivers of the databases say, without what they say of themselves. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  const text = cause instanceof Error ? cause.message : String(cause);
  const busy = /database is locked|SQLITE_BUSY/.test(text)
    ? 'another program writes to it and does not end'
    : text;
  return busy.replace(/^SqliteError: /, '').replace(/\.$/, '');
}
