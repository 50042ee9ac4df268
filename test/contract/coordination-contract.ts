import { afterEach, beforeEach, describe } from 'mocha';
import { epochPromises } from './coordination/epoch.ts';
import { manySeatPromises } from './coordination/many-seats.ts';
import { memberPromises } from './coordination/members.ts';
import { oneSeatPromises } from './coordination/one-seat.ts';
import { ownerPromises } from './coordination/owners.ts';
import { watchPromises } from './coordination/watch.ts';
import { FIRST } from './coordination/world.ts';
import type {
  CoordinationFixture,
  CoordinationWorld,
  Joined,
  LeasedFixture,
} from './coordination/world.ts';

/** One implementation of the coordination: with room for one node, or for many. */
export type CoordinationSubject = { readonly name: string } & (
  | { readonly seats: 'one'; open(): Promise<CoordinationFixture> }
  | { readonly seats: 'many'; open(): Promise<LeasedFixture> }
);

/** Every coordination passes this suite. A behaviour that is not here is not part of the port. */
export function coordinationContract(subject: CoordinationSubject): void {
  describe(`Coordination contract: ${subject.name}`, () => {
    if (subject.seats === 'one') {
      const { world } = worldOf(() => subject.open());
      commonPromises(world);
      describe('a newer process', () => {
        oneSeatPromises(world);
      });
    } else {
      const { world, fixture } = worldOf(() => subject.open());
      commonPromises(world);
      describe('several nodes', () => {
        manySeatPromises(world, fixture);
      });
    }
  });
}

function commonPromises(world: CoordinationWorld): void {
  describe('members', () => {
    memberPromises(world);
  });
  describe('owners', () => {
    ownerPromises(world);
  });
  describe('the epoch', () => {
    epochPromises(world);
  });
  describe('watch', () => {
    watchPromises(world);
  });
}

/** Opens a place before each test, and closes it after. */
function worldOf<Fixture extends CoordinationFixture>(
  open: () => Promise<Fixture>,
): { readonly world: CoordinationWorld; readonly fixture: () => Fixture } {
  let opened: Fixture | undefined;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });

  function fixture(): Fixture {
    if (opened === undefined) throw new Error('a place is there while a test runs');
    return opened;
  }
  async function join(member = FIRST): Promise<Joined> {
    const coordination = await fixture().process();
    return { coordination, session: await coordination.open(member) };
  }
  return { fixture, world: { start: () => fixture().process(), join } };
}
