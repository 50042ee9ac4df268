/**
 * What is wrong with the launch configuration of a server in view of what there is to launch: the images, flavors and
 * sizes that an operator has listed, in place of a cloud that could be asked. The words are those of Otter's v1.0 API.
 */
import { isJsonObject } from '../base/json.ts';
import type { LaunchConfiguration } from '../domain/group/group.ts';
import { ApiError } from './errors.ts';

/** What there is to launch servers with. What is empty or 0 is not checked. */
export interface LaunchCatalogue {
  readonly images: readonly { readonly id: string; readonly status: string }[];
  readonly flavors: readonly string[];
  readonly personality: {
    readonly maxFiles: number;
    /** Of one file, when it is decoded. */
    readonly maxFileBytes: number;
  };
}

/** Throws `InvalidLaunchConfiguration` with a line for each problem. */
export function requireLaunchable(launch: LaunchConfiguration, catalogue: LaunchCatalogue): void {
  const problems = launchProblems(launch, catalogue);
  if (problems.length === 0) return;
  const lines = ['Following problems with launch configuration:', ...problems];
  throw new ApiError('InvalidLaunchConfiguration', lines.join('\n'));
}

/**
 * The problems of a launch configuration that has the right shape: first the image, then the flavor, then the files
 * (which do not decode, how many there are, which are too large). None where nothing is listed at all, nor for stacks
 * and for the types of other providers, which know for themselves what they can launch.
 */
export function launchProblems(
  { type, args }: LaunchConfiguration,
  catalogue: LaunchCatalogue,
): readonly string[] {
  const { server } = args;
  if (type !== 'launch_server' || !isJsonObject(server) || isEmpty(catalogue)) return [];
  const { imageRef, flavorRef, personality } = server;
  return [
    ...imageProblems(imageRef, catalogue.images),
    ...flavorProblems(flavorRef, catalogue.flavors),
    ...fileProblems(filesIn(personality), catalogue.personality),
  ];
}

function isEmpty({ images, flavors, personality }: LaunchCatalogue): boolean {
  const { maxFiles, maxFileBytes } = personality;
  return images.length + flavors.length + maxFiles + maxFileBytes === 0;
}

/** Servers that boot from a volume have no image, or an empty one. */
function imageProblems(image: unknown, images: LaunchCatalogue['images']): readonly string[] {
  if (typeof image !== 'string' || image === '' || images.length === 0) return [];
  const found = images.find(({ id }) => id === image);
  if (found?.status === 'ACTIVE') return [];
  const what = found === undefined ? 'Invalid' : 'Inactive';
  return [`${what} imageRef "${image}" in launchConfiguration`];
}

function flavorProblems(flavor: unknown, flavors: readonly string[]): readonly string[] {
  if (typeof flavor !== 'string' || flavor === '' || flavors.length === 0) return [];
  return flavors.includes(flavor) ? [] : [`Invalid flavorRef "${flavor}" in launchConfiguration`];
}

/** A file that is put on a server. */
interface PersonalityFile {
  readonly path: string;
  readonly contents: string;
}

function filesIn(personality: unknown): readonly PersonalityFile[] {
  return Array.isArray(personality) ? (personality as readonly PersonalityFile[]) : []; // of the right shape by now
}

function fileProblems(
  files: readonly PersonalityFile[],
  { maxFiles, maxFileBytes }: LaunchCatalogue['personality'],
): readonly string[] {
  const decoded = files.map(({ path, contents }) => ({ path, bytes: decodedBytes(contents) }));
  const garbled = decoded.filter(({ bytes }) => bytes === undefined);
  const large = decoded.filter(({ bytes = 0 }) => maxFileBytes > 0 && bytes > maxFileBytes);
  const isTooMany = maxFiles > 0 && files.length > maxFiles;
  return [
    ...garbled.map(({ path }) => `Invalid base64 encoding for contents of path "${path}"`),
    ...(isTooMany
      ? [
          `Number of files "${String(files.length)}" in personality exceeds maximum limit "${String(maxFiles)}"`,
        ]
      : []),
    ...large.map(
      ({ path }) => `File "${path}" content's size exceeds maximum size "${String(maxFileBytes)}"`,
    ),
  ];
}

/** How many bytes a text in base64 stands for; undefined where it is none. Node's own decoder takes anything. */
function decodedBytes(base64: string): number | undefined {
  if (base64.length === 0 || base64.length % 4 !== 0) return undefined;
  const padding = /^[+/a-zA-Z0-9]*(={0,2})$/.exec(base64)?.[1]?.length;
  return padding === undefined ? undefined : (base64.length / 4) * 3 - padding;
}
