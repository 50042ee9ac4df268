/**
 * The tables of one store file. A group is one row here and its texts beside it, all under one id.
 *
 * All keys that are looked up while claiming lead their table (WITHOUT ROWID), so each row is found by
 * one descent of one tree. What belongs to a group goes with it (`on delete cascade`).
 */

/** Marks a file as a store of ours, in its header: "Lutr". */
export const APPLICATION_ID = 0x4c757472;

/** A format of the file, and how to get to it from older ones. */
export interface Format {
  readonly version: number;
  /** Ascending: `sql` turns version `from` into `from + 1`. */
  readonly migrations: readonly { readonly from: number; readonly sql: string }[];
}

/** Since version 2. The record is an access token as JSON. */
const TOKEN_TABLE = `
create table token (
  id text primary key,
  record text not null
) strict, without rowid;
`;

/** Since version 3: how many listed groups each tenant has. Triggers keep it, so that nobody counts them one by one. */
const LISTED_TABLE = `
create table listed (
  tenant_id text primary key,
  count integer not null
) strict, without rowid;
create trigger listed_more after insert on scaling_group when new.is_listed = 1 begin
  insert into listed (tenant_id, count) values (new.tenant_id, 1)
    on conflict (tenant_id) do update set count = count + 1;
end;
create trigger listed_less after update of is_listed on scaling_group
when old.is_listed = 1 and new.is_listed = 0 begin
  update listed set count = count - 1 where tenant_id = old.tenant_id;
  delete from listed where tenant_id = old.tenant_id and count = 0;
end;
create trigger listed_gone after delete on scaling_group when old.is_listed = 1 begin
  update listed set count = count - 1 where tenant_id = old.tenant_id;
  delete from listed where tenant_id = old.tenant_id and count = 0;
end;
insert into listed (tenant_id, count)
  select tenant_id, count(*) from scaling_group where is_listed = 1 group by tenant_id;
`;

/** Since version 4. The record is a calendar as JSON; the revision grows with every change to one of the tenant's. */
const CALENDAR_TABLES = `
create table calendar_list (
  tenant_id text primary key,
  revision integer not null
) strict, without rowid;
create table calendar (
  tenant_id text not null,
  name text not null,
  record text not null,
  primary key (tenant_id, name)
) strict, without rowid;
`;

/** What this program reads and writes. Version 1 is the first. */
export const FORMAT: Format = {
  version: 4,
  migrations: [
    { from: 1, sql: TOKEN_TABLE },
    { from: 2, sql: LISTED_TABLE },
    { from: 3, sql: CALENDAR_TABLES },
  ],
};

/** Makes the tables of the present format. */
export const SCHEMA = `
create table meta (
  name text primary key,
  value text not null
) strict, without rowid;

create table fence (
  partition text primary key,
  identity text not null,
  epoch integer not null,
  revision integer not null,
  claim_id text not null
) strict, without rowid;

-- sequence: the number of the group's last event. divergent_at: when it is to be looked at.
create table scaling_group (
  id text primary key,
  partition text not null,
  tenant_id text not null,
  version text not null,
  is_listed integer not null,
  generation integer not null,
  divergent_at integer,
  lock_holder text,
  lock_until integer,
  sequence integer not null
) strict, without rowid;
create index group_of_tenant on scaling_group (tenant_id, id) where is_listed = 1;
create index group_of_partition on scaling_group (partition, id);
create index divergent on scaling_group (partition, divergent_at) where divergent_at is not null;

create table field (
  group_id text not null references scaling_group on delete cascade,
  name text not null,
  value text not null,
  primary key (group_id, name)
) strict, without rowid;

create table due (
  group_id text not null references scaling_group on delete cascade,
  policy_id text not null,
  partition text not null,
  due_at integer not null,
  primary key (group_id, policy_id)
) strict, without rowid;
create index due_next on due (partition, due_at, group_id, policy_id);

create table event (
  group_id text not null references scaling_group on delete cascade,
  sequence integer not null,
  at integer not null,
  body text not null,
  primary key (group_id, sequence)
) strict, without rowid;

-- The last commits of a group that were not an owner's. They outlive the group by its tombstone.
create table remembered (
  group_id text not null,
  number integer not null,
  commit_id text not null,
  at integer not null,
  primary key (group_id, number)
) strict, without rowid;

create table tombstone (
  group_id text primary key,
  version text not null,
  removed_at integer not null
) strict, without rowid;
create index tombstone_age on tombstone (removed_at);

-- One row. revision grows with every session and every campaign that is won, epoch where a store has seen
-- a greater one; session is the revision of the one session that there is room for, and member, as JSON,
-- whose it is; null where there is none.
create table seat (
  id integer primary key check (id = 1),
  revision integer not null,
  epoch integer not null,
  session integer,
  member text
) strict;
insert into seat (id, revision, epoch) values (1, 0, 0);

create table owner (
  partition text primary key,
  epoch integer not null,
  revision integer not null,
  claim_id text not null
) strict, without rowid;
${TOKEN_TABLE}
${LISTED_TABLE}
${CALENDAR_TABLES}`;
