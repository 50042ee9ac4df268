import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { describe, it } from 'mocha';

import { ERROR_CODES } from '../../src/base/errors.ts';
import { EVENT_NAMES } from '../../src/domain/history/filter.ts';

/** Relative to the repository's root, where tests are run: the compiled tests lie elsewhere than the sources. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The names in the first column of a page's table. */
function namesIn(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^\| `([a-z.-]+)`/gm)].map(([, name]) => name ?? '').sort();
}

describe('docs/errors.md', () => {
  it('explains every code, and no other', () => {
    expect(namesIn('docs/errors.md')).to.deep.equal([...ERROR_CODES].sort());
  });
});

describe('docs/history.md', () => {
  it('explains every event of a history, and no other', () => {
    expect(namesIn('docs/history.md')).to.deep.equal([...EVENT_NAMES].sort());
  });
});

describe('docs/events.md', () => {
  const events = [...textOf('src/ports/observe.ts').matchAll(/readonly event: '([a-z.-]+)'/g)].map(
    ([, name]) => name ?? '',
  );

  it('explains every event, and no other', () => {
    expect(events).to.have.length.above(20);
    expect(namesIn('docs/events.md')).to.deep.equal([...events].sort());
  });

  it('gives each the level that it is logged with', () => {
    const log = textOf('src/adapters/observe/log.ts');
    const logged = [...log.matchAll(/'([a-z.-]+)': \{\s*level: '(\w+)'/g)].map(
      ([, name, level]) => `${name ?? ''} ${level ?? ''}`,
    );
    const documented = [...textOf('docs/events.md').matchAll(/^\| `([a-z.-]+)`\s*\| (\w+)/gm)].map(
      ([, name, level]) => `${name ?? ''} ${level ?? ''}`,
    );

    expect(documented.sort()).to.deep.equal(logged.sort());
  });
});
