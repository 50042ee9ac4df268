/** Plants defects and has the instruments look for them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import type { Defect, Service } from './defect.ts';
import type { Outcome } from './outcome.ts';
import type { Build, Nursery } from './plant.ts';
import { firstFailure } from './simulation.ts';
import type { FailedSeed, Search } from './simulation.ts';
import { escapeOf, runTests } from './tests.ts';
import type { FileResult, TestCatcher } from './tests.ts';

export interface TrialSettings {
  readonly seedCount: number;
  readonly workers: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /** Where servers are looked for: as in the environment's PATH. */
  readonly path: string;
}

/**
 * Tries defects, one at a time. What an instrument says of a defect counts only where it says nothing without it; so
 * each test file and each seed that notices something is put to the sound build as well.
 */
export class Trials {
  readonly #nursery: Nursery;
  readonly #settings: TrialSettings;
  readonly #soundFiles = new Map<string, FileResult>();
  readonly #soundSeeds = new Map<number, Search>();
  /** What is wrong without any defect. */
  readonly complaints: string[] = [];

  constructor(nursery: Nursery, settings: TrialSettings) {
    this.#nursery = nursery;
    this.#settings = settings;
  }

  async try(defect: Defect): Promise<Outcome> {
    const { catcher } = defect;
    if (catcher.kind === 'test' && catcher.needs !== undefined && !this.#has(catcher.needs)) {
      return { kind: 'skipped', why: `${catcher.needs} is not on the PATH` };
    }
    try {
      const build = await this.#nursery.plant(defect);
      return catcher.kind === 'test'
        ? await this.#test(build, catcher)
        : await this.#simulate(build, catcher.rules);
    } catch (error) {
      if (this.#settings.signal.aborted) throw error;
      return { kind: 'missed', why: messageOf(error) };
    } finally {
      this.#nursery.clear(defect);
    }
  }

  async #test(build: Build, { file, title }: TestCatcher): Promise<Outcome> {
    const sound = await this.#soundFile(file);
    const result = await runTests(build, file, this.#settings.signal);
    const escape = escapeOf(title, sound, result);
    if (escape !== undefined) return { kind: 'missed', why: escape };
    const failedCount = result.failed.length;
    return { kind: 'caught', by: { kind: 'test', file, title, failedCount } };
  }

  async #simulate(build: Build, rules: readonly string[]): Promise<Outcome> {
    const others = new Set<string>();
    const { seedCount } = this.#settings;
    for (let first = 1; first <= seedCount;) {
      const search = await this.#search(build, first, seedCount);
      if (search.kind === 'broke') return { kind: 'missed', why: search.reason };
      if (search.kind === 'passed') break;
      const { failure } = search;
      const sound = await this.#soundSeed(failure.seed);
      const violations = newIn(failure, sound);
      const shown = violations.find(({ rule }) => rules.includes(rule));
      if (shown !== undefined) {
        return { kind: 'caught', by: { kind: 'seed', seed: failure.seed, ...shown } };
      }
      for (const { rule } of violations) others.add(rule);
      first = failure.seed + 1;
    }
    const why = `none of ${rules.join(', ')} in ${String(seedCount)} seeds`;
    const beside = others.size === 0 ? '' : `; but ${[...others].join(', ')}`;
    return { kind: 'missed', why: why + beside };
  }

  async #soundFile(file: string): Promise<FileResult> {
    const known = this.#soundFiles.get(file);
    if (known !== undefined) return known;
    const result = await runTests(this.#nursery.sound, file, this.#settings.signal);
    for (const title of result.failed) {
      this.complaints.push(`${file} fails without a defect: ${title}`);
    }
    this.#soundFiles.set(file, result);
    return result;
  }

  async #soundSeed(seed: number): Promise<Search> {
    const known = this.#soundSeeds.get(seed);
    if (known !== undefined) return known;
    const search = await this.#search(this.#nursery.sound, seed, seed);
    if (search.kind !== 'passed') {
      const why = search.kind === 'broke' ? search.reason : search.failure.violations[0]?.rule;
      this.complaints.push(`seed ${String(seed)} fails without a defect: ${why ?? 'unknown'}`);
    }
    this.#soundSeeds.set(seed, search);
    return search;
  }

  #search(build: Build, first: number, last: number): Promise<Search> {
    const { workers, signal, onProgress } = this.#settings;
    return firstFailure(build, { first, last, workers }, { signal, onProgress });
  }

  #has(service: Service): boolean {
    return this.#settings.path.split(delimiter).some((folder) => {
      try {
        accessSync(join(folder, service), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  }
}

/** The violations of rules that the sound build does not break in this seed. */
export function newIn(failure: FailedSeed, sound: Search): FailedSeed['violations'] {
  if (sound.kind === 'broke') return [];
  const known = sound.kind === 'passed' ? [] : sound.failure.violations.map(({ rule }) => rule);
  return failure.violations
    .filter(({ rule }) => !known.includes(rule))
    .map(({ rule, what }) => ({ rule, what }));
}
