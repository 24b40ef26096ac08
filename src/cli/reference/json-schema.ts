import { z } from 'zod';
import { childrenOf, unwrapSchema } from '../../site/index.ts';

/** Keys of `.meta` that are for this project and mean nothing to an editor. */
const ownMeta = ['expects', 'guideVariable', 'derivedDefault', 'secret'];

/** The JSON Schema (draft-07, which the YAML language servers speak) of a site file, with descriptions for hovering. */
export function siteJsonSchema(schema: z.core.$ZodType): string {
  const json = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { meta } = unwrapSchema(zodSchema);
      const { description, guideVariable, derivedDefault } = meta;
      if (description !== undefined)
        jsonSchema.description = [
          description,
          derivedDefault !== undefined && `Default: ${derivedDefault}.`,
          guideVariable !== undefined && `Variable of the guide: ${guideVariable}.`,
        ]
          .filter((sentence) => sentence !== false)
          .join(' ');
      for (const key of ownMeta) Reflect.deleteProperty(jsonSchema, key);
      // A block whose fields all have defaults may be left out; an empty default would be offered by editors as its content.
      if (childrenOf(zodSchema).size > 0) Reflect.deleteProperty(jsonSchema, 'default');
    },
  });
  return `${JSON.stringify({ ...json, title: 'globalctl site' }, undefined, 2)}\n`;
}
