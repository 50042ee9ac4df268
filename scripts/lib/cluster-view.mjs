/** Who owns what in a cluster, asked of its nodes, and as a table. */
import { table } from './table.mjs';

const REQUEST_LIMIT_MS = 2_000;

/** What the first node says that answers, or undefined. `nodes`: those that run, each with `url`. */
export async function askCluster(nodes) {
  for (const { url } of nodes) {
    try {
      const signal = AbortSignal.timeout(REQUEST_LIMIT_MS);
      const response = await fetch(`${url}/lutra/v1/cluster`, { signal });
      if (response.status === 200) return await response.json();
    } catch {
      // It is not up, or etcd does not answer it: the next one may do better.
    }
  }
  return undefined;
}

/** The partitions that none of these nodes owns. One that was killed may hold some for the length of its session. */
export function unowned(view, nodes) {
  const ids = view.members
    .filter(({ address }) => nodes.some(({ url }) => url === address))
    .map(({ node }) => node);
  return view.partitions.filter(({ node }) => !ids.includes(node));
}

/**
 * A table with a line for each region and node that owns partitions of it, or is in it and owns none there.
 * `nodes` says which process runs a node.
 */
export function ownersTable(view, nodes) {
  const rows = view.layout.regions.flatMap((region) => regionRows(view, region, nodes));
  return table([
    ['region', 'node', 'its region', 'state', 'PID', 'address', 'partitions'],
    ...rows,
  ]);
}

function regionRows(view, region, nodes) {
  const partitions = view.partitions.filter(({ partition }) => partition.startsWith(`${region}/`));
  const owners = new Set(partitions.map(({ node }) => node));
  const members = view.members.filter(
    (member) => member.region === region || owners.has(member.node),
  );
  const gone = [...owners].filter((id) => !members.some(({ node }) => node === id));
  return [...members, ...gone.map((node) => ({ node }))].map((member) => {
    const process = nodes.find(({ url }) => url === member.address);
    return [
      region,
      member.node ?? 'nobody',
      member.region ?? '',
      stateOf(member),
      String(process?.pid ?? ''),
      member.address ?? '',
      ownedBy(member.node, partitions),
    ];
  });
}

function stateOf({ node, address, isDraining, unfitFor = [] }) {
  if (node === undefined) return 'no owner';
  if (address === undefined) return 'gone';
  if (isDraining) return 'draining';
  return unfitFor.length === 0 ? 'well' : `unfit for ${unfitFor.join(', ')}`;
}

/** `3: 0-1 7` for the partitions 0, 1 and 7. */
function ownedBy(owner, partitions) {
  const numbers = partitions
    .filter(({ node }) => node === owner)
    .map(({ partition }) => Number(partition.slice(partition.lastIndexOf('/') + 1)))
    .sort((a, b) => a - b);
  const starts = numbers.filter((number) => !numbers.includes(number - 1));
  const ends = numbers.filter((number) => !numbers.includes(number + 1));
  const spans = starts.map((from, at) => (from === ends[at] ? from : `${from}-${ends[at]}`));
  return `${numbers.length}${spans.length === 0 ? '' : `: ${spans.join(' ')}`}`;
}
