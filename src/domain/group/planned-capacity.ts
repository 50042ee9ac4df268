/** What a plan keeps to while it holds, in place of what the group has without it. */
export interface PlannedCapacity {
  readonly min?: number;
  readonly max?: number;
  readonly desired?: number;
}
