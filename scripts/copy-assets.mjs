/** Copies what the compiler leaves behind: the scripts that Redis runs lie beside the code that sends them. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './lib/install.mjs';

const FOLDERS = [join('adapters', 'redis', 'scripts')];

for (const folder of FOLDERS) {
  cpSync(join(ROOT, 'src', folder), join(ROOT, 'dist', folder), { recursive: true });
}
