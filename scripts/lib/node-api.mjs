const REQUEST_LIMIT_MS = 5_000;
const PAGE = 100;

/** Talks to a node's API. Every call rejects where it is not answered as it should be. */
export class NodeApi {
  #tenantUrl;

  constructor(url, tenant) {
    this.#tenantUrl = `${url}/v1.0/${tenant}`;
  }

  /** All groups with their policies and state, in the order of their ids. */
  async groups() {
    const ids = [];
    let path = `/groups?limit=${PAGE}`;
    for (;;) {
      const { groups } = await this.#get(path);
      ids.push(...groups.map(({ id }) => id));
      if (groups.length < PAGE) break;
      path = `/groups?limit=${PAGE}&marker=${ids.at(-1)}`;
    }
    return Promise.all(ids.map(async (id) => (await this.#get(`/groups/${id}`)).group));
  }

  async state(groupId) {
    return (await this.#get(`/groups/${groupId}/state`)).group;
  }

  /** Has a group looked at now. */
  async converge(groupId) {
    await this.#ask('POST', `/groups/${groupId}/converge`, 204);
  }

  /** A group's events after the one numbered `sequence`, oldest first. */
  async eventsAfter(groupId, sequence) {
    const events = [];
    for (;;) {
      const marker = events.at(-1)?.sequence ?? sequence;
      const query = `order=oldest-first&limit=${PAGE}&marker=${marker}`;
      const page = await this.#get(`/groups/${groupId}/history?${query}`);
      events.push(...page.events);
      if (page.events.length < PAGE) return events;
    }
  }

  async #get(path) {
    return (await this.#ask('GET', path, 200)).json();
  }

  async #ask(method, path, expected) {
    const response = await fetch(this.#tenantUrl + path, {
      method,
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (response.status === expected) return response;
    const text = await response.text();
    throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
  }
}
