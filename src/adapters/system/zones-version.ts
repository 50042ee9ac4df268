/**
 * The release of the time zone data that the runtime has, such as `2025c`. Which rules clocks follow depends on it, so
 * nodes with different ones may fire the schedules of a zone at different times.
 */
export const zonesVersion: string = process.versions['tz'] ?? 'unknown';
