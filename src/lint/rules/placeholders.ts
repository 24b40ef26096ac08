import { slip, stringsIn, type FieldPath, type ManifestRule } from '../../providers/index.ts';

/** `<vm-template>` as a whole value, or a variable of the guide or of a chart that nothing filled in. */
const placeholder = /^<[A-Za-z][\w .|/-]*>(\/<?[\w-]+>?)?$|\$\{[A-Z][A-Z0-9_]*\}|\{\{-?\s*\.[A-Z]/;

/** Scripts and nested documents have their own use of such marks. */
function isText(path: FieldPath): boolean {
  const last = path.at(-1);
  if (last === 'content' && path.includes('files')) return true;
  return path.includes('preKubeadmCommands') || path.includes('postKubeadmCommands');
}

export const placeholders: ManifestRule = {
  code: 'MANIFEST_PLACEHOLDER',
  severity: 'error',
  what: 'No placeholder of the guide or of a release manifest is left.',
  why: 'It would be taken for the value itself.',
  guide: 'Step 4',
  example: slip(
    `kind: DCSMachineTemplate
metadata:
  name: global-master-template
spec:
  template:
    spec:
      vmTemplateName: MicroOS-5.5-v4.2.2
`,
    'vmTemplateName: MicroOS-5.5-v4.2.2',
    'vmTemplateName: <vm-template>',
  ),
  *check({ objects }) {
    for (const at of objects)
      for (const { path, text } of stringsIn(at.object))
        if (!isText(path) && placeholder.test(text) && text.length < 200)
          yield { at, path, message: `${text} was not filled in`, expected: 'a value', found: text };
  },
};
