/** What all verbs about live nodes share: which node is meant, and how to speak to it. */
import { ApiClient, NotRunningError, RefusedError } from '../live/api/client.ts';
import { FolderError, NodeFolder, nodeNames } from '../live/node/folder.ts';
import { EXIT, UserError } from './exit.ts';

/** The folder of the node that is meant: the one named, or the only one there is. */
export function folderOf(name: string | undefined): NodeFolder {
  if (name !== undefined) return known(() => new NodeFolder(name));
  const names = nodeNames();
  if (names.length === 1) return new NodeFolder(names[0]!);
  throw new UserError(
    EXIT.usage,
    'MF-0808',
    names.length === 0
      ? 'There is no node yet. Make one: mainframe node init home'
      : `Which node? There are ${names.join(', ')}. Name one, or give --node.`,
  );
}

/** The running node's API. */
export function clientOf(name: string | undefined): Pick<ApiClient, 'get' | 'post' | 'follow'> {
  const folder = folderOf(name);
  const client = known(() => {
    folder.facts();
    return new ApiClient(folder);
  });
  return {
    get: (path) => told(client.get(path)),
    post: (path, body) => told(client.post(path, body)),
    follow: (listener, signal) => told(client.follow(listener, signal)),
  };
}

/** Runs something that may find a node's folder in disorder, which is the user's to mend. */
export function known<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asUserError(error);
  }
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asUserError(error);
  }
}

function asUserError(error: unknown): unknown {
  if (error instanceof FolderError)
    return new UserError(EXIT.environment, 'MF-0801', error.message);
  if (error instanceof NotRunningError)
    return new UserError(EXIT.environment, 'MF-0809', error.message);
  if (error instanceof RefusedError)
    return new UserError(
      error.unavailable ? EXIT.environment : EXIT.usage,
      error.unavailable ? 'MF-0827' : 'MF-0814',
      error.message,
    );
  return error;
}
