/** Prints what each way of looking finds for the scope that it is given; started by a test, with marks of that scope. */
import { argv, platform, stdout } from 'node:process';
import { procfs } from '../../../src/adapters/providers/process/procfs.ts';
import { ps } from '../../../src/adapters/providers/process/ps.ts';

const scope = argv[2] ?? '';
stdout.write(
  JSON.stringify({
    procfs: platform === 'linux' ? await procfs.scan(scope) : [],
    ps: await ps.scan(scope),
  }),
);
