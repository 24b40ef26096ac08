import type { PlacedObject } from '../../providers/index.ts';
import type { GlobalHints } from './choose-global.ts';
import { collide, connected, differ, disagree, distance, Draft, isNested, meet, sharedSteps } from './draft.ts';
import { unitsOf, type FileUnit } from './file-unit.ts';

/** Objects of a run that are meant for one API server: a global cluster with all that is written for it. */
export interface Installation {
  /** The folder of its files, or the file. */
  readonly name: string;
  /** Whether a Cluster of it is meant to be `global`. */
  readonly hasGlobal: boolean;
  /** In the order of the run; an object that several installations refer to is in each. */
  readonly objects: readonly PlacedObject[];
}

/**
 * Divides the objects of a run by installation, so that both sides of disaster recovery, or manifests of several sites, can be
 * linted together. Every file with a Cluster that is meant to be `global` begins one; in one folder only where side, provider or
 * endpoint differ, else the second Cluster is the first one written twice. Other files join the installation of their folder,
 * else the nearest one that neither side nor provider nor objects of the same name speak against. Within one file nothing is divided.
 */
export function divideByInstallation(objects: readonly PlacedObject[], hints: GlobalHints = {}): Installation[] {
  const units = unitsOf(objects, hints);
  const seeds = seedsOf(units);
  const drafts: Draft[] = [];
  for (const seed of seeds) {
    const same = drafts.find((draft) => draft.seed && isSameFolder(draft.seed, seed) && !areRivals(draft.seed, seed));
    if (same) same.add(seed);
    else drafts.push(new Draft(seed, seed));
  }
  const loose: FileUnit[] = [];
  const begun = [...drafts];
  for (const unit of units) {
    if (seeds.includes(unit)) continue;
    const here = begun.filter((draft) => isSameFolder(draft, unit));
    const homes = here.length === 1 && !here.some(({ side }) => differ(side, unit.side)) ? here : homesOf(unit, here);
    for (const home of homes) home.add(unit);
    if (homes.length === 0) loose.push(unit);
  }
  const bundles = bundle(loose);
  if (begun.length === 0) drafts.push(...joinConnected(bundles, hints.site !== undefined));
  else
    for (const each of bundles) {
      const homes = homesOf(each, begun);
      for (const home of homes) for (const unit of each.units) home.add(unit);
      if (homes.length === 0) drafts.push(each);
    }
  const names = drafts.map(nameOf);
  return drafts.map((draft, index) => {
    const name = names[index] ?? '';
    const isUnique = names.indexOf(name) === names.lastIndexOf(name);
    return {
      name: isUnique ? name : ((draft.seed ?? draft.units[0])?.file ?? name),
      hasGlobal: draft.seed !== undefined,
      objects: units.filter((unit) => draft.units.includes(unit)).flatMap((unit) => unit.objects),
    };
  });
}

/** Beside a Cluster that is called `global`, weaker signs count where more than one thing tells of a second installation. */
function seedsOf(units: readonly FileUnit[]): FileUnit[] {
  const shown = units.filter(({ global }) => global !== undefined);
  const sure = shown.filter(({ global }) => global?.strength === 'sure');
  if (sure.length === 0) return shown;
  return shown.filter((unit) => {
    const { strength, nearInAll } = unit.global ?? {};
    if (strength === 'sure' || nearInAll === true || sure.some((other) => collide(unit, other))) return true;
    return strength === 'marked' && !sure.some((other) => isSameFolder(unit, other));
  });
}

function isSameFolder(a: { readonly folder: readonly string[] }, b: { readonly folder: readonly string[] }): boolean {
  return distance(a.folder, b.folder) === 0;
}

/** Whether two files with a global Cluster are of different installations, rather than one written twice. */
function areRivals(a: FileUnit, b: FileUnit): boolean {
  if (disagree(a, b)) return true;
  const [first, second] = [a.global?.endpoints ?? new Set(), b.global?.endpoints ?? new Set()];
  return first.size > 0 && second.size > 0 && !meet(first, second);
}

/** The installations that files go to: mostly one; several when they serve all; none when they are of another. */
function homesOf(item: FileUnit | Draft, drafts: readonly Draft[]): readonly Draft[] {
  const fit = drafts.filter(
    (draft) => !disagree(item, draft) && (isNested(item.folder, draft.folder) || !collide(item, draft)),
  );
  const nearest = lowest(fit, (draft) => distance(item.folder, draft.folder));
  const named = preferred(nearest, (draft) => item.mentions !== undefined && draft.provider === item.mentions);
  const free = preferred(named, (draft) => !collide(item, draft));
  const linked = preferred(free, (draft) => connected(item, draft));
  const alike = lowest(linked, (draft) => -sharedName(item, draft));
  const machines = item.identities.size > 0 && !alike.some((draft) => connected(item, draft));
  return alike.length > 1 && machines ? [] : alike;
}

function preferred<T>(items: readonly T[], fits: (item: T) => boolean): readonly T[] {
  const found = items.filter(fits);
  return found.length > 0 ? found : items;
}

function lowest<T>(items: readonly T[], score: (item: T) => number): readonly T[] {
  const best = Math.min(...items.map(score));
  return items.filter((item) => score(item) === best);
}

/** How many words the names of two files of one folder begin with together: `dc1-cluster.yaml`, `dc1-pools.yaml`. */
function sharedName(item: FileUnit | Draft, { seed, folder }: Draft): number {
  const file = 'file' in item ? item.file : undefined;
  if (file === undefined || seed?.file === undefined || distance(item.folder, folder) > 0) return 0;
  return sharedSteps(wordsOf(file), wordsOf(seed.file));
}

function wordsOf(file: string): string[] {
  const name = file.split(/[\\/]/).at(-1) ?? '';
  return name.replace(/\.[^.]*$/, '').split(/[^A-Za-z0-9]+/);
}

/** Files of one folder and side stay together. */
function bundle(units: readonly FileUnit[]): Draft[] {
  const drafts: Draft[] = [];
  for (const unit of units) {
    const same = drafts.find((draft) => isSameFolder(draft, unit) && draft.side === unit.side);
    if (same) same.add(unit);
    else drafts.push(new Draft(unit));
  }
  return drafts;
}

/** Where no Cluster is `global`: files that refer to each other are of one installation, and all are when they are for one site. */
function joinConnected(bundles: readonly Draft[], forOneSite: boolean): Draft[] {
  const belong = (a: Draft, b: Draft): boolean =>
    forOneSite ? !differ(a.side, b.side) : !disagree(a, b) && !collide(a, b) && connected(a, b);
  const joined: Draft[] = [];
  for (const each of bundles) {
    const [home, ...more] = joined.filter((draft) => belong(draft, each));
    if (!home) {
      joined.push(each);
      continue;
    }
    for (const unit of each.units) home.add(unit);
    for (const other of more.filter((draft) => belong(draft, home))) {
      for (const unit of other.units) home.add(unit);
      joined.splice(joined.indexOf(other), 1);
    }
  }
  return joined;
}

function nameOf({ units }: Draft): string {
  const [first, ...others] = units;
  if (!first || first.file === undefined) return 'the cluster';
  if (others.length === 0) return first.file;
  const depth = Math.min(...others.map(({ folder }) => sharedSteps(first.folder, folder)), first.folder.length);
  const root = /^[\\/]/.test(first.file) ? '/' : '';
  const shared = first.folder.slice(0, depth).join('/');
  return shared === '' && root === '' ? '.' : `${root}${shared}`;
}
