/** Opens a store, says so, and keeps it until it is killed: `holder.ts <folder>`. */
import { LevelStore } from '../../../live/store/level-store.ts';

const store = await LevelStore.open(process.argv[2]!);
process.stdout.write(`open ${store.leftByPid ?? 'clean'}\n`);
setInterval(() => undefined, 1_000);
