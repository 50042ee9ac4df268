import { LutraError } from '../../../src/base/errors.ts';
import type { CalendarRegistry } from '../../../src/ports/calendar-registry.ts';
import { ETCD } from './etcd-client.ts';
import type { EtcdLink } from './etcd-client.ts';

/** One process's way to the calendars in etcd. */
export class EtcdCalendars implements CalendarRegistry {
  readonly #link: EtcdLink;

  constructor(link: EtcdLink) {
    this.#link = link;
  }

  readonly list: CalendarRegistry['list'] = (...args) =>
    this.#call('list', (registry) => registry.list(...args));
  readonly put: CalendarRegistry['put'] = (...args) =>
    this.#call('put', (registry) => registry.put(...args));
  readonly remove: CalendarRegistry['remove'] = (...args) =>
    this.#call('remove', (registry) => registry.remove(...args));

  #call<Answer>(
    what: string,
    carryOut: (registry: CalendarRegistry) => Promise<Answer>,
  ): Promise<Answer> {
    const { process, node, network, server, timeoutMs } = this.#link;
    return network.call({
      ...{ process, node, server: ETCD, operation: `etcd.calendar-${what}`, timeoutMs },
      carryOut: () => server.askCalendars(carryOut),
      timedOut: () =>
        new LutraError('coordination-unavailable', `etcd did not ${what} calendars in time`),
    });
  }
}
