const REQUEST_LIMIT_MS = 5_000;
const PAGE = 100;

/** Reads a node's API. Every call rejects where it is not answered with 200. */
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
    const response = await fetch(this.#tenantUrl + path, {
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    if (response.status !== 200) {
      throw new Error(`GET ${path} was answered with ${response.status}: ${await response.text()}`);
    }
    return response.json();
  }
}
