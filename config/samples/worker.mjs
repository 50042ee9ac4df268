/**
 * A worker that has nothing to do: it stays until it is told to go. Stands for any program whose
 * number follows a schedule.
 */
const MINUTE_MS = 60_000;

// Lutra says SIGTERM first and SIGKILL only to a process that stays.
process.on('SIGTERM', () => process.exit(0));
setInterval(() => undefined, MINUTE_MS);
console.log(`worker ${process.pid} is ready`);
