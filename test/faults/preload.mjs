/**
 * Comes into a node's process before its program, by NODE_OPTIONS: on SIGUSR2 the event loop does nothing
 * else for as long as the file says that FAULTS_BLOCK_FILE names.
 */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';

process.on('SIGUSR2', () => {
  const ms = Number(readFileSync(String(process.env.FAULTS_BLOCK_FILE), 'utf8'));
  const endsAtMs = performance.now() + ms;
  while (performance.now() < endsAtMs);
});
