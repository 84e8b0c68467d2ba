/** What the owner of a live node may listen to: its datagrams, and the keys that open them. */
import { existsSync } from 'node:fs';
import { Capture } from '../live/node/capture.ts';
import type { NodeFacts } from '../live/node/facts.ts';
import { assertPrivate } from '../live/node/folder.ts';
import type { Listening } from '../live/node/start.ts';
import { KeyLogFile } from '../scenarios/results/key-log.ts';
import { openClock } from './machine-clock.ts';
import { EXIT, UserError } from './exit.ts';
import { known } from './live.ts';
import type { Output } from './output.ts';

const BYTES_PER_MIB = 1 << 20;
const MIB_MAX = 1 << 20;

export interface CaptureArguments {
  capture?: string | undefined;
  'capture-size': number;
  'key-log'?: string | undefined;
}

/** Opens what the command line asks for, and says aloud what it means. @throws UserError for files that cannot be had. */
export function listenTo(
  args: CaptureArguments,
  facts: NodeFacts,
  output: Output,
): { listening: Listening; close: () => void } {
  const size = args['capture-size'];
  if (!(size >= 1 && size <= MIB_MAX))
    throw new UserError(EXIT.usage, 'MF-0819', `--capture-size takes 1 to ${MIB_MAX} MiB.`);
  const keyLog = args['key-log'] === undefined ? undefined : openKeyLog(args['key-log'], output);
  const tap =
    args.capture === undefined ? undefined : openCapture(args.capture, size, facts, output);
  return {
    listening: { tap, keyLog },
    close: () => {
      tap?.close();
      keyLog?.close();
    },
  };
}

function openKeyLog(path: string, output: Output): KeyLogFile {
  if (existsSync(path))
    known(() => {
      assertPrivate(path);
    });
  const keyLog = opened(path, () => new KeyLogFile(path, 'native'));
  output.complain(
    `! The keys of all links go to ${path}. Whoever has it and a capture reads what this node and its neighbours say to each other. Delete it when you have read what you wanted.`,
  );
  return keyLog;
}

function openCapture(path: string, size: number, facts: NodeFacts, output: Output): Capture {
  const { name: node, address } = facts;
  return opened(
    path,
    () =>
      new Capture(
        { path, bytesMax: size * BYTES_PER_MIB, node, address },
        openClock(),
        (why, error) => {
          output.complain(
            why === 'full'
              ? `The capture ${path} has reached ${size} MiB and has ended; the node goes on. Another size: --capture-size.`
              : `The capture ${path} has ended; the node goes on: ${error?.message ?? 'the file system refused'}.`,
          );
        },
      ),
  );
}

function opened<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    const exists = 'code' in error && error.code === 'EEXIST';
    throw new UserError(
      EXIT.environment,
      'MF-0824',
      exists
        ? `${path} is there already; a capture does not overwrite. Move it away or give another name.`
        : `${path} cannot be written: ${error.message}.`,
    );
  }
}
