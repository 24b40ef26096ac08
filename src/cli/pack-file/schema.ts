import { z } from 'zod';

const text = z.string().min(1);
// The parts of the file's name are told apart by dots, and the architecture stands in the middle.
const packageName = text.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
const version = text.regex(/^v?\d+\.\d+(\.\d+)?([-+.][0-9A-Za-z.+-]+)?$/);
const imageName = text.regex(/^[a-z0-9][a-z0-9._/-]*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
const repository = text.regex(/^[a-z0-9]+([._/-]+[a-z0-9]+)*$/);

/** In words what a field must look like, for errors. */
export const expectations: Readonly<Record<string, string>> = {
  name: 'lower-case letters, digits, dots and hyphens, such as cluster-api-provider-dcs',
  version: 'a version such as v1.0.18',
  architecture: 'amd64 or arm64',
  output: 'a folder or a file that ends in .tgz',
  images: 'a list of images, each with from',
  charts: 'a list of charts, each with from',
  from: 'a path, or docker://REGISTRY/REPOSITORY:TAG',
  'images.name': 'REPOSITORY:TAG below the registry, such as ait/tool:v1',
  select: 'REPOSITORY:TAG as it is called in from',
  platform: 'a platform such as linux/amd64',
  repository: 'a repository below the registry, such as ait/chart-tool',
};

export const packFileSchema = z.strictObject({
  name: packageName,
  version,
  architecture: z.enum(['amd64', 'arm64']).default('amd64'),
  output: text.optional(),
  images: z
    .array(
      z.strictObject({
        from: text,
        name: imageName.optional(),
        select: imageName.optional(),
        platform: text.regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/).optional(),
      }),
    )
    .default([]),
  charts: z.array(z.strictObject({ from: text, repository: repository.optional() })).default([]),
});
